#pragma once

// A stream of bytes to a server that reconnects when it is lost. The message broker clients here
// share it (nats.hpp, mqtt.hpp). Sessions reconnect by themselves, but they are for protocols of
// messages. These protocols are byte streams, with their own greeting on each connection.

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

    /// The delay before each attempt is random, so that clients don't all reconnect at once when a
    /// server restarts. Its upper bound is `first_delay` after an accepted connection, and doubles
    /// up to `longest_delay`.
    std::chrono::milliseconds first_delay = std::chrono::milliseconds(500);
    std::chrono::milliseconds longest_delay = std::chrono::seconds(10);

    /// How long the server may take to accept a connection, or to accept written data.
    std::chrono::milliseconds timeout = std::chrono::seconds(10);

    /// Called once, with the reason, when the stream stops reconnecting.
    std::function<void(const std::string&)> on_stop = {};
  };

  /// Runs the protocol on one connection, from its greeting until something ends it. Returns the
  /// reason, as a sentence.
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

  /// Waits for a connection on which `opened` was called. Returns an error if there is none in
  /// time, or if the stream has stopped.
  hawser::Task<Result<void>> connected(hawser::WaitOptions wait = {}) {
    const auto waited = co_await ready_.wait(std::move(wait));
    if (!waited && waited.error() == hawser::Error::timed_out)
      co_return std::unexpected("There is no connection yet. " + failure_);
    if (!waited) co_return std::unexpected(hawser::describe(waited.error()));
    if (is_stopped_) co_return std::unexpected(failure_);
    co_return {};
  }

  bool is_connected() const { return stream_ && ready_.is_set(); }

  /// Whether it has stopped reconnecting, after `stop` or `close`.
  bool is_stopped() const { return is_stopped_; }

  /// The number of connections that were accepted so far.
  std::uint64_t connections() const { return connections_; }

  /// Writes all bytes. On failure, drops the connection: an unknown part may have been sent, so
  /// nothing can follow it.
  hawser::Task<Result<void>> write(std::string bytes) {
    if (!stream_) co_return std::unexpected("There is no connection. " + failure_);
    std::stop_source drop = drop_;
    const auto written =
        co_await stream_->write_all(std::as_bytes(std::span(bytes)), {.timeout = options_.timeout});
    if (written) co_return {};
    drop.request_stop();
    co_return std::unexpected(std::string("The connection was lost. ") +
                              hawser::describe(written.error()));
  }

  /// Sends what has been written, and closes. Don't await this in `converse`.
  hawser::Task<> close() {
    stop("The client was closed.");
    (void)co_await tasks_.join();
  }

  // For `converse`

  /// Reads some bytes, which are valid until the next read. Returns none if none arrive in time.
  hawser::Task<Result<std::string_view>> read(std::chrono::milliseconds timeout) {
    const auto size = co_await stream_->read_some(std::as_writable_bytes(std::span(buffer_)),
                                                  {.timeout = timeout, .stop = drop_.get_token()});
    if (size && *size > 0) co_return std::string_view(buffer_.data(), *size);
    if (!size && size.error().error == hawser::Error::timed_out) co_return std::string_view();
    if (!size && size.error().error == hawser::Error::cancelled)
      co_return std::unexpected(is_stopped_ ? failure_
                                            : "The server took too long to accept written data.");
    if (!size) co_return std::unexpected(hawser::describe(size.error()));
    const auto end =
        co_await connection_->close();  // it has ended already: this returns its close code
    if (!end) co_return std::unexpected(hawser::describe(end.error()));
    co_return std::unexpected("The server closed the connection, with code " +
                              std::to_string(end->code) +
                              (end->reason.empty() ? "." : ": " + end->reason));
  }

  /// Call this when the greeting is over and the connection works.
  void opened() {
    ++connections_;
    bound_ = options_.first_delay;
    ready_.set();
  }

  /// Stops reconnecting, for this reason.
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

  /// Connects once. Returns why the connection ended.
  hawser::Task<std::string> talk() {
    auto connection = co_await hawser::connect(url_, {.protocols = options_.protocols,
                                                      .connect_timeout = options_.timeout,
                                                      .stop = stop_.get_token()});
    if (!connection) {
      // After some errors, such as an invalid URL, a retry is pointless.
      const auto decision =
          hawser::decide({.error = connection.error()}, hawser::EndedBy::other, {});
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
      (void)co_await connection->close(hawser::close_code::normal_closure, {},
                                       {.timeout = options_.timeout});
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
  hawser::Event ready_;  // set when connected or stopped
  std::stop_source stop_;
  std::stop_source drop_;  // drops the current connection
  std::string failure_ = "The server has not answered yet.";
  std::uint64_t connections_ = 0;
  bool is_stopped_ = false;
  hawser::Scope tasks_;  // last, because the tasks use the other members
};
