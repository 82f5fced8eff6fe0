#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hawser/close.hpp>
#include <hawser/connect_options.hpp>
#include <hawser/connection.hpp>
#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/io_thread.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/payload.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/receive_error.hpp>
#include <hawser/sender.hpp>
#include <hawser/session.hpp>
#include <hawser/wait.hpp>

// Connections and sessions for code that waits by blocking, as on a desktop.
//
//     auto connection = hawser::blocking::connect("wss://example.org/feed", {.connect_timeout = 5s});
//     if (!connection) return report(hawser::describe(connection.error()));
//     connection->send("subscribe");
//     for (const auto& message : connection->messages()) show(message.text());
//
// Rules for all calls:
//
// * The connection itself lives on an `IoThread`, whose event loop runs while this thread waits.
//   Without one, connections share a thread that starts with the first of them and ends with the
//   last.
// * If the calling thread must not block, a call that may wait returns `Error::cannot_block` at once
//   and changes nothing. That is so on a browser's main thread, on the I/O thread itself, and in a
//   program without `-pthread`. `try_receive`, `try_send`, and calls with a timeout of zero work
//   there.
// * In a program linked with `-sJSPI`, a call on such a thread is suspended instead, and the event
//   loop continues. Only one call of a thread can be suspended at a time, and none in a handler or
//   a coroutine of hawser: others return `Error::cannot_block`. A callback of the browser may make
//   such a call only if JavaScript calls it by a name in `-sJSPI_EXPORTS`.
// * Any thread may make any call at any time. Only moving and destroying an object needs care, as
//   with any other: no other thread may use it at that moment.
// * A destructor closes the connection and does not wait. If the program ends right after that,
//   queued messages may be lost: call `close` first.
// * A thread that waits can be cancelled by `pthread_cancel`. Nothing stays locked. In a program
//   without WebAssembly's exceptions no destructors run then, so its objects are never freed.

namespace hawser {

namespace detail {
struct Home;
class Remote;
}  // namespace detail

namespace blocking {

class Messages;

/// What a `Connection` and a `Session` have in common. Applications don't name it.
class Channel {
 public:
  /// Waits for the next message: of a session, across reconnects.
  ///
  /// If several threads wait, each message goes to one of them.
  ///
  /// Errors: those of `hawser::Connection::receive`; `cannot_block`. If the thread of the connection
  /// has ended, `no_thread`.
  std::expected<OwnedMessage, ReceiveError> receive(const WaitOptions& options = {});

  /// Returns the next message if one has arrived. It never waits, and runs no JavaScript.
  ///
  /// Errors: those of `hawser::Connection::try_receive`.
  std::expected<OwnedMessage, ReceiveError> try_receive();

  /// Receives messages in a loop. The loop ends when `receive` returns an error.
  ///
  ///     auto messages = incoming.messages({.timeout = 30s});
  ///     for (const auto& message : messages) show(message.text());
  ///     report(hawser::describe(*messages.error()));
  ///
  /// `options` apply to each message.
  Messages messages(WaitOptions options = {});

  /// Queues text, bytes or a `Message` for sending (see `Payload`), when there is room.
  ///
  /// A `Connection` waits while it is still connecting, and while `ConnectOptions::high_water_mark`
  /// bytes wait for its thread or for the network. A `Session` waits while its outbox is full. The
  /// messages of one thread are sent in order. `sender().counters()` reports messages that were
  /// queued but could not be sent, because the connection ended.
  ///
  /// Errors: those of `Sender::send` on another thread, except `would_block`; `timed_out`,
  /// `cancelled`, `cannot_block`. The message was not queued then.
  std::expected<void, Error> send(Payload payload, const WaitOptions& options = {});

  /// Queues a message if there is room. It never waits.
  ///
  /// Errors: those of `Sender::send` on another thread; `still_connecting`, for a session only until
  /// its thread has started; `already_closing`, after `close`; `no_thread`.
  std::expected<void, Error> try_send(Payload payload);

  /// Returns an object that sends over this connection from any thread, and outlives it.
  ///
  /// While `try_send` returns `still_connecting`, the sender has no connection.
  Sender sender() const;

  /// Sends what is queued, closes the connection or stops the session, and waits for the end.
  ///
  /// If it has ended already, this returns that end. Received messages can still be read. With a
  /// timeout of zero, it only starts to close, and returns `timed_out`.
  ///
  /// Errors: `invalid_close_code`, `close_reason_too_long`, `invalid_utf8`, `cannot_block`: nothing
  /// has changed then. `timed_out` and `cancelled` end the wait only. `no_connection`.
  std::expected<CloseEvent, Error> close(int code = close_code::normal_closure, std::string_view reason = {},
                                         const WaitOptions& options = {});

  /// The state of the connection or session. It is `closing` from the call of `close` on.
  ReadyState ready_state() const noexcept;

  /// The URL, subprotocol and extensions of the last connection that was open. Empty before.
  std::string url() const;
  std::string protocol() const;
  std::string extensions() const;

  /// The messages that wait to be received: their number, their payload in bytes, and how many
  /// `WhenInboxFull::drop_oldest` has dropped.
  std::size_t inbox_size() const;
  std::size_t inbox_bytes() const;
  std::uint64_t inbox_dropped() const;

 protected:
  Channel() noexcept = default;
  explicit Channel(std::shared_ptr<detail::Remote> remote) noexcept;
  Channel(Channel&&) noexcept = default;
  Channel& operator=(Channel&& other) noexcept;
  ~Channel();

  std::shared_ptr<detail::Remote> remote_;
};

/// The messages of a connection or a session, as a range for one loop.
class [[nodiscard]] Messages {
 public:
  /// Waits for a message each time it is incremented, and is at the end when there is none.
  class Iterator {
   public:
    using value_type = OwnedMessage;                   // NOLINT(readability-identifier-naming)
    using difference_type = std::ptrdiff_t;            // NOLINT(readability-identifier-naming)
    using iterator_concept = std::input_iterator_tag;  // NOLINT(readability-identifier-naming)

    explicit Iterator(Messages& of) : messages_(&of) { ++*this; }
    OwnedMessage& operator*() const noexcept {
      return *messages_->current_;  // NOLINT(bugprone-unchecked-optional-access): it is not at the end
    }
    Iterator& operator++() {
      messages_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return !messages_->current_; }

   private:
    Messages* messages_;
  };

  Messages(Channel& channel, WaitOptions options) : channel_(&channel), options_(std::move(options)) {}
  Iterator begin() { return Iterator(*this); }
  static std::default_sentinel_t end() noexcept { return {}; }

  /// Why the loop ended. Empty before that.
  const std::optional<ReceiveError>& error() const noexcept { return error_; }

 private:
  void next();

  Channel* channel_;
  WaitOptions options_;
  std::optional<OwnedMessage> current_;
  std::optional<ReceiveError> error_;
};

inline Messages Channel::messages(WaitOptions options) { return {*this, std::move(options)}; }

/// A `hawser::Connection` that lives on another thread, for threads that block or poll.
///
/// It is move-only.
class [[nodiscard]] Connection : public Channel {
 public:
  /// Creates an object without a connection, like one that was moved from.
  ///
  /// Every call returns `Error::no_connection`.
  Connection() noexcept = default;

  /// Starts to connect on `thread`, and returns at once: for programs that poll.
  ///
  /// `ready_state()` is `connecting` until the connection is open. `try_receive` reports that the
  /// attempt failed. The options have the meaning that they have for `hawser::connect`; a stop
  /// request cancels the attempt.
  ///
  /// Errors: `invalid_url`, `url_too_long`, `invalid_protocol`, `invalid_timeout`, and `no_thread`
  /// if the thread could not be created or has ended.
  static std::expected<Connection, Error> open(const IoThread& thread, std::string_view url,
                                               ConnectOptions options = {});

  /// Makes the connection's thread call `function` with the connection itself, and returns at once.
  ///
  ///     incoming.run([](hawser::Connection& connection) { show(connection.url()); });
  ///
  /// `function` must not move or destroy the connection. It is not called if the connection is not
  /// open yet. Don't receive there: messages go to this object. A connection that JSPI put on this
  /// thread calls it at once.
  ///
  /// Returns false if the thread has ended.
  bool run(Handler<void(hawser::Connection&)> function) const;

 private:
  friend std::expected<Connection, Error> open_and_wait(detail::Home home, std::string_view url,
                                                        ConnectOptions options);
  static std::expected<Connection, Error> open(detail::Home home, std::string_view url, ConnectOptions options);
  using Channel::Channel;
};

/// Connects to `url`, and waits until the connection is open.
///
/// Errors: those of `hawser::connect`; `cannot_block`; `no_thread`, if the I/O thread did not start
/// within `connect_timeout`, for example because the browser's main thread did not return to its
/// event loop.
std::expected<Connection, Error> connect(std::string_view url, ConnectOptions options = {});

/// The same on your own thread.
std::expected<Connection, Error> connect(const IoThread& thread, std::string_view url, ConnectOptions options = {});

/// A `hawser::Session` that lives on another thread, for threads that block or poll.
///
///     hawser::blocking::Session session("wss://example.org/feed");
///     session.send("subscribe");
///     for (const auto& message : session.messages()) show(message.text());
///
/// It is move-only.
class [[nodiscard]] Session : public Channel {
 public:
  /// Creates an object without a session, like one that was moved from.
  ///
  /// Every call returns `Error::no_connection`.
  Session() noexcept = default;

  /// Starts a session on the shared I/O thread, or on your own.
  ///
  /// Handlers run on that thread. Those that `hawser::Session` has for messages are not called:
  /// messages go to this object.
  ///
  /// If the thread can't be created, `receive` and `send` report `no_thread`. On a thread that must
  /// not block, the first form is refused with `cannot_block` in the same way: use the second.
  explicit Session(std::string_view url, SessionOptions options = {}, SessionHandlers handlers = {});
  explicit Session(std::vector<Endpoint> endpoints, SessionOptions options = {}, SessionHandlers handlers = {});
  Session(const IoThread& thread, std::string_view url, SessionOptions options = {}, SessionHandlers handlers = {});
  Session(const IoThread& thread, std::vector<Endpoint> endpoints, SessionOptions options = {},
          SessionHandlers handlers = {});

  /// See `hawser::Session`. They return at once. Until the thread has done it, a session that has
  /// stopped still returns its end.
  void retry_now() const;
  void reconnect() const;

  /// The status, as of its last change.
  SessionStatus status() const;

  /// Makes the session's thread call `function` with the session itself, and returns at once.
  ///
  ///     shared.run([](hawser::Session& session) { session.outbox().acknowledge(id); });
  ///
  /// `function` must not move or destroy the session, and not set its handlers for messages and
  /// status. A session that JSPI put on this thread calls it at once.
  ///
  /// Returns false if the thread has ended.
  bool run(Handler<void(hawser::Session&)> function) const;

 private:
  void start(detail::Home home, std::vector<Endpoint> endpoints, SessionOptions options, SessionHandlers handlers);
};

}  // namespace blocking

}  // namespace hawser
