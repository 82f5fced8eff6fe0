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

// Connections and sessions with blocking calls, as in a desktop program.
//
//     auto connection = hawser::blocking::connect("wss://example.org/feed", {.connect_timeout = 5s});
//     if (!connection) return report(hawser::describe(connection.error()));
//     connection->send("subscribe");
//     for (const auto& message : connection->messages()) show(message.text());
//
// Rules for all calls:
//
// * The connection itself lives on an `IoThread`, whose event loop runs while your thread waits.
//   Connections that get no `IoThread` share one. It starts with the first of them and ends with
//   the last.
// * Some threads must not block: a browser's main thread, the I/O thread itself, and any thread of
//   a program without `-pthread`. There, a call that may wait returns `Error::cannot_block` at once
//   and changes nothing. `try_receive`, `try_send`, and calls with a timeout of zero still work.
// * In a program linked with `-sJSPI`, a call on such a thread suspends instead, and the event loop
//   keeps running. A thread can suspend only one call at a time, and none in a handler or coroutine
//   of hawser. Further calls return `Error::cannot_block`. A browser callback may make such a call
//   only if JavaScript calls it by a name in `-sJSPI_EXPORTS`.
// * Any thread may make any call at any time. But while you move or destroy an object, no other
//   thread may use it.
// * Destructors close the connection without waiting. If the program ends right afterwards, queued
//   messages may be lost: call `close` first.
// * `pthread_cancel` can cancel a waiting thread. No lock stays held. In a program without
//   WebAssembly exceptions, no destructors run then, so the thread's objects are never freed.

namespace hawser {

namespace detail {
struct Home;
class Remote;
}  // namespace detail

namespace blocking {

class Messages;

/// The common base of `Connection` and `Session`. You don't need to name it.
class Channel {
 public:
  /// Waits for the next message. A session keeps waiting across reconnects.
  ///
  /// If several threads wait, each message goes to one of them.
  ///
  /// Errors: those of `hawser::Connection::receive`; `cannot_block`; `no_thread` if the
  /// connection's thread has ended.
  std::expected<OwnedMessage, ReceiveError> receive(const WaitOptions& options = {});

  /// Returns the next message if one has arrived. Never waits, and runs no JavaScript.
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

  /// Waits for room, then queues text, bytes or a `Message` for sending (see `Payload`).
  ///
  /// A `Connection` waits while it is connecting, and while `ConnectOptions::high_water_mark` bytes
  /// are queued for its thread or for the network. A `Session` waits while its outbox is full.
  /// Messages from one thread are sent in order. If the connection ends before a queued message is
  /// sent, `sender().counters()` counts the message as dropped.
  ///
  /// Errors: those of `Sender::send` on another thread, except `would_block`; `timed_out`,
  /// `cancelled`, `cannot_block`. After an error, the message was not queued.
  std::expected<void, Error> send(Payload payload, const WaitOptions& options = {});

  /// Queues a message if there is room. Never waits.
  ///
  /// Errors: those of `Sender::send` on another thread; `still_connecting` (for a session, only
  /// until its thread has started); `already_closing` after `close`; `no_thread`.
  std::expected<void, Error> try_send(Payload payload);

  /// Returns a `Sender`, which sends over this connection from any thread and may outlive it.
  ///
  /// As long as `try_send` returns `still_connecting`, the sender has no connection.
  Sender sender() const;

  /// Sends all queued messages, closes the connection or stops the session, and waits for the end.
  ///
  /// If it has already ended, returns at once how it ended. Received messages can still be read.
  /// With a timeout of zero, it only starts closing and returns `timed_out`.
  ///
  /// Errors: `invalid_close_code`, `close_reason_too_long`, `invalid_utf8`, `cannot_block` and
  /// `no_connection`, which change nothing; `timed_out` and `cancelled`, which end only the wait.
  std::expected<CloseEvent, Error> close(int code = close_code::normal_closure,
                                         std::string_view reason = {},
                                         const WaitOptions& options = {});

  /// The state of the connection or session. It is `closing` as soon as `close` is called.
  ReadyState ready_state() const noexcept;

  /// The URL, subprotocol and extensions of the latest connection that opened. Empty before the
  /// first one.
  std::string url() const;
  std::string protocol() const;
  std::string extensions() const;

  /// The state of the inbox: how many messages it holds, how many bytes of payload, and how many
  /// messages `WhenInboxFull::drop_oldest` has dropped.
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

/// The received messages of a connection or session, as a range for one loop.
class [[nodiscard]] Messages {
 public:
  /// Each increment waits for the next message. The iterator reaches the end when `receive` returns
  /// an error.
  class Iterator {
   public:
    using value_type = OwnedMessage;                   // NOLINT(readability-identifier-naming)
    using difference_type = std::ptrdiff_t;            // NOLINT(readability-identifier-naming)
    using iterator_concept = std::input_iterator_tag;  // NOLINT(readability-identifier-naming)

    explicit Iterator(Messages& of) : messages_(&of) { ++*this; }
    OwnedMessage& operator*() const noexcept {
      return *messages_->current_;  // NOLINT(bugprone-unchecked-optional-access): not at the end
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

  Messages(Channel& channel, WaitOptions options)
      : channel_(&channel), options_(std::move(options)) {}
  Iterator begin() { return Iterator(*this); }
  static std::default_sentinel_t end() noexcept { return {}; }

  /// Why the loop ended. Empty until then.
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
  /// Creates an object without a connection, like a moved-from one.
  ///
  /// Every call returns `Error::no_connection`.
  Connection() noexcept = default;

  /// Starts connecting on `thread` and returns at once. For programs that poll.
  ///
  /// `ready_state()` is `connecting` until the connection opens. If the attempt fails,
  /// `try_receive` returns the error. The options mean the same as for `hawser::connect`. A stop
  /// request cancels the attempt.
  ///
  /// Errors: `invalid_url`, `url_too_long`, `invalid_protocol`, `invalid_timeout`, and `no_thread`
  /// if the thread could not be created or has ended.
  static std::expected<Connection, Error> open(const IoThread& thread, std::string_view url,
                                               ConnectOptions options = {});

  /// Calls `function` on the connection's thread, with the underlying connection. Returns at once.
  ///
  ///     incoming.run([](hawser::Connection& connection) { show(connection.url()); });
  ///
  /// `function` must not move or destroy the connection. It is not called if the connection is not
  /// open yet. Don't receive messages in it: they go to this object. If JSPI put the connection on
  /// this thread, `function` runs at once.
  ///
  /// Returns false if the thread has ended.
  bool run(Handler<void(hawser::Connection&)> function) const;

 private:
  friend std::expected<Connection, Error> open_and_wait(detail::Home home, std::string_view url,
                                                        ConnectOptions options);
  static std::expected<Connection, Error> open(detail::Home home, std::string_view url,
                                               ConnectOptions options);
  using Channel::Channel;
};

/// Connects to `url`, and waits until the connection is open.
///
/// Errors: those of `hawser::connect`; `cannot_block`; `no_thread` if the I/O thread did not start
/// within `connect_timeout`. That happens, for example, when the browser's main thread does not
/// return to its event loop.
std::expected<Connection, Error> connect(std::string_view url, ConnectOptions options = {});

/// The same, on your own I/O thread.
std::expected<Connection, Error> connect(const IoThread& thread, std::string_view url,
                                         ConnectOptions options = {});

/// A `hawser::Session` that lives on another thread, for threads that block or poll.
///
///     hawser::blocking::Session session("wss://example.org/feed");
///     session.send("subscribe");
///     for (const auto& message : session.messages()) show(message.text());
///
/// It is move-only.
class [[nodiscard]] Session : public Channel {
 public:
  /// Creates an object without a session, like a moved-from one.
  ///
  /// Every call returns `Error::no_connection`.
  Session() noexcept = default;

  /// Starts a session on the shared I/O thread, or on `thread`.
  ///
  /// Handlers run on that thread. `SessionHandlers::on_message` is not called: messages go to this
  /// object.
  ///
  /// If the thread can't be created, `receive` and `send` return `no_thread`. The constructors
  /// without `thread` don't work on a thread that must not block: `receive` and `send` then return
  /// `cannot_block`.
  explicit Session(std::string_view url, SessionOptions options = {},
                   SessionHandlers handlers = {});
  explicit Session(std::vector<Endpoint> endpoints, SessionOptions options = {},
                   SessionHandlers handlers = {});
  Session(const IoThread& thread, std::string_view url, SessionOptions options = {},
          SessionHandlers handlers = {});
  Session(const IoThread& thread, std::vector<Endpoint> endpoints, SessionOptions options = {},
          SessionHandlers handlers = {});

  /// See `hawser::Session`. Both return at once. Until the session's thread has acted, a stopped
  /// session still returns its old end.
  void retry_now() const;
  void reconnect() const;

  /// The status, as of its last change.
  SessionStatus status() const;

  /// Calls `function` on the session's thread, with the underlying session. Returns at once.
  ///
  ///     shared.run([](hawser::Session& session) { session.outbox().acknowledge(id); });
  ///
  /// `function` must not move or destroy the session, and must not replace its `on_message` and
  /// `on_status` handlers. If JSPI put the session on this thread, `function` runs at once.
  ///
  /// Returns false if the thread has ended.
  bool run(Handler<void(hawser::Session&)> function) const;

 private:
  void start(detail::Home home, std::vector<Endpoint> endpoints, SessionOptions options,
             SessionHandlers handlers);
};

}  // namespace blocking

}  // namespace hawser
