#pragma once

// A stream of bytes to a server, which connects again when it is lost: what the clients of message brokers here share
// (nats.hpp, mqtt.hpp). A session does that for protocols of messages; these protocols are streams, and greet the server
// on each connection in their own way.

#include <hawser/byte_stream.hpp>
#include <hawser/connection.hpp>
#include <hawser/event.hpp>
#include <hawser/reconnect.hpp>
#include <hawser/scope.hpp>
#include <hawser/sleep.hpp>
#include <hawser/task.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A value, or a sentence that says why there is none.
template <typename Value>
using Result = std::expected<Value, std::string>;

class ReconnectingStream {
 public:
  struct Options {
    std::vector<std::string> protocols = {};

    /// The delay before an attempt to connect is random, so that the clients of a server that restarts don't all come at
    /// once. Its bound is `first_delay` after a connection that worked, and doubles up to `longest_delay`.
    std::chrono::milliseconds first_delay = std::chrono::milliseconds(500);
    std::chrono::milliseconds longest_delay = std::chrono::seconds(10);

    /// How long the server may take to accept a connection, or to take what is written.
    std::chrono::milliseconds timeout = std::chrono::seconds(10);

    /// Is called once, with the reason, when the stream connects no more.
    std::function<void(const std::string&)> on_stop = {};
  };

  /// Speaks the protocol on one connection, from its greeting until something ends it. Returns what, as a sentence.
  using Converse = std::function<hawser::Task<std::string>()>;

  /// Connects. `converse` runs once for each connection.
  ReconnectingStream(std::string url, Options options, Converse converse)
      : url_(std::move(url)),
        options_(std::move(options)),
        converse_(std::move(converse)),
        bound_(options_.first_delay) {
    (void)tasks_.spawn(run());
  }
  ReconnectingStream(const ReconnectingStream&) = delete;
  ReconnectingStream& operator=(const ReconnectingStream&) = delete;

  /// Waits until `opened` was called on a connection that still works. An error, if that does not happen in time or will
  /// never happen.
  hawser::Task<Result<void>> connected(hawser::WaitOptions wait = {}) {
    const auto waited = co_await ready_.wait(std::move(wait));
    if (!waited && waited.error() == hawser::Error::timed_out)
      co_return std::unexpected("There is no connection yet. " + failure_);
    if (!waited) co_return std::unexpected(hawser::describe(waited.error()));
    if (is_stopped_) co_return std::unexpected(failure_);
    co_return {};
  }

  bool is_connected() const { return stream_ && ready_.is_set(); }

  /// Whether it connects no more, after `stop` or `close`.
  bool is_stopped() const { return is_stopped_; }

  /// How many connections have worked.
  std::uint64_t connections() const { return connections_; }

  /// Writes all bytes, or drops the connection: an unknown part may have been sent, so that nothing can follow on it.
  hawser::Task<Result<void>> write(std::string bytes) {
    if (!stream_) co_return std::unexpected("There is no connection. " + failure_);
    std::stop_source drop = drop_;
    const auto written = co_await stream_->write_all(std::as_bytes(std::span(bytes)), {.timeout = options_.timeout});
    if (written) co_return {};
    drop.request_stop();
    co_return std::unexpected(std::string("The connection was lost. ") + hawser::describe(written.error()));
  }

  /// Ends with what has been written. Not to be awaited in `converse`.
  hawser::Task<> close() {
    stop("The client was closed.");
    (void)co_await tasks_.join();
  }

  // For `converse`

  /// Reads some bytes, which stay where they are until the next read. None if there are none in time.
  hawser::Task<Result<std::string_view>> read(std::chrono::milliseconds timeout) {
    const auto size = co_await stream_->read_some(std::as_writable_bytes(std::span(buffer_)),
                                                  {.timeout = timeout, .stop = drop_.get_token()});
    if (size && *size > 0) co_return std::string_view(buffer_.data(), *size);
    if (!size && size.error().error == hawser::Error::timed_out) co_return std::string_view();
    if (!size && size.error().error == hawser::Error::cancelled)
      co_return std::unexpected(is_stopped_ ? failure_ : "The server took too long to take what was written.");
    if (!size) co_return std::unexpected(hawser::describe(size.error()));
    const auto end = co_await connection_->close();  // has ended: this only asks how
    if (!end) co_return std::unexpected(hawser::describe(end.error()));
    co_return std::unexpected("The server closed the connection, with code " + std::to_string(end->code) +
                              (end->reason.empty() ? "." : ": " + end->reason));
  }

  /// The greeting is over: the connection works.
  void opened() {
    ++connections_;
    bound_ = options_.first_delay;
    ready_.set();
  }

  /// Connects no more, for the reason that is given.
  void stop(std::string why) {
    if (std::exchange(is_stopped_, true)) return;
    failure_ = std::move(why);
    drop_.request_stop();
    stop_.request_stop();
    ready_.set();
    if (options_.on_stop) options_.on_stop(failure_);
  }

 private:
  hawser::Task<> run() {
    while (!is_stopped_) {
      auto why = co_await talk();
      if (is_stopped_) break;
      failure_ = std::move(why);
      (void)co_await hawser::sleep_for(next_delay(), stop_.get_token());
    }
  }

  /// Connects once, and returns why that has ended.
  hawser::Task<std::string> talk() {
    auto connection = co_await hawser::connect(
        url_, {.protocols = options_.protocols, .connect_timeout = options_.timeout, .stop = stop_.get_token()});
    if (!connection) {
      // Some errors would come again, such as that of an invalid URL.
      const auto decision = hawser::decide({.error = connection.error()}, hawser::EndedBy::other, {});
      if (!decision.reconnect) stop(hawser::describe(connection.error()));
      co_return hawser::describe(connection.error());
    }
    hawser::ByteStream stream(*connection);
    drop_ = {};
    connection_ = &*connection;
    stream_ = &stream;
    auto why = co_await converse_();
    stream_ = nullptr;
    connection_ = nullptr;
    if (is_stopped_) {
      (void)co_await connection->close(hawser::close_code::normal_closure, {}, {.timeout = options_.timeout});
    } else {
      ready_.reset();
    }
    co_return why;
  }

  std::chrono::milliseconds next_delay() {
    std::uniform_int_distribution<std::chrono::milliseconds::rep> delay(0, bound_.count());
    bound_ = std::min(2 * bound_, options_.longest_delay);
    return std::chrono::milliseconds(delay(random_));
  }

  std::string url_;
  Options options_;
  Converse converse_;
  std::chrono::milliseconds bound_;
  std::minstd_rand random_{std::random_device{}()};
  std::vector<char> buffer_ = std::vector<char>(16'384);
  hawser::Connection* connection_ = nullptr;
  hawser::ByteStream* stream_ = nullptr;
  hawser::Event ready_;  // connected, or stopped
  std::stop_source stop_;
  std::stop_source drop_;  // of one connection
  std::string failure_ = "The server has not answered yet.";
  std::uint64_t connections_ = 0;
  bool is_stopped_ = false;
  hawser::Scope tasks_;  // last, since the tasks use the others
};
