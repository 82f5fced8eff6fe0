#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include <hawser/close.hpp>
#include <hawser/connect_options.hpp>
#include <hawser/detail/offer_protocols.hpp>
#include <hawser/detail/operations.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/payload.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/receive_error.hpp>
#include <hawser/sender.hpp>
#include <hawser/wait.hpp>

// WebSocket connections for coroutines. They work with any coroutine type.
//
//     hawser::Task<> feed() {
//       auto connection = co_await hawser::connect("wss://example.org/feed", {.connect_timeout = 5s});
//       if (!connection) co_return report(hawser::describe(connection.error()));
//       co_await connection->send("subscribe");
//       while (auto message = co_await connection->receive()) show(message->text());
//     }
//
// Rules for all operations:
//
// * An operation starts when you await it. Its arguments (text, bytes, a buffer) must live until it
//   ends, as temporaries in a `co_await` expression do.
// * After a wait, a coroutine resumes from the event loop. It never resumes inside a call that you
//   make, such as `send`, `request_stop` or a destructor.
// * A wait that times out or is cancelled has no effect: no message is lost, and nothing is sent.
//   There are three exceptions. `connect` gives up the attempt, `close` has started closing the
//   connection, and `ByteStream::write_all` may have sent some of its bytes.
// * You may destroy a coroutine's frame while it waits. You may also destroy the connection: the
//   wait then ends with `Error::destroyed`. After that error, don't touch the members of the object
//   that held the connection.
// * Coroutines that wait for the same thing are served in the order in which they started waiting.

namespace hawser {

class Connection;

namespace detail {
class FarConnection;
}  // namespace detail

// The classes up to `connect` are the awaitables that operations return. Await each one once, in
// the expression that creates it. You don't need to name them.

/// The awaitable that `connect(url)` returns.
class [[nodiscard]] Connect : detail::Waiter {
 public:
  /// `options`, if not null, must live until the wait ends.
  explicit Connect(std::string_view url, ConnectOptions* options = nullptr,
                   detail::OfferProtocols* offer = nullptr) noexcept
      : url_(url), options_(options), offer_(offer) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(detail::Suspended coroutine);
  std::expected<Connection, Error> await_resume();

 private:
  friend class ConnectWithOptions;

  std::string_view url_;
  ConnectOptions* options_;
  detail::OfferProtocols* offer_;
  detail::ConnectionPointer core_;
};

/// The awaitable that `connect(url, options)` returns.
class [[nodiscard]] ConnectWithOptions : public Connect {
 public:
  /// Takes over the options.
  ConnectWithOptions(std::string_view url, ConnectOptions options) noexcept
      : Connect(url, &options_, detail::offer_protocols),
        options_(std::move(options)),
        limits_(*this, {.stop = options_.stop}) {}

 private:
  ConnectOptions options_;
  detail::WaitLimits limits_;
};

/// The awaitable that `Connection::receive` and `Session::receive` return.
class [[nodiscard]] Receive : detail::ReceiveWaiter {
 public:
  using ReceiveWaiter::await_ready;
  using ReceiveWaiter::await_suspend;
  using ReceiveWaiter::ReceiveWaiter;
  std::expected<OwnedMessage, ReceiveError> await_resume() {
    if (error) return failed();
    return std::move(message);
  }

 private:
  friend class detail::Limited<Receive>;
};

/// The awaitable that `Connection::receive_into` returns.
class [[nodiscard]] ReceiveInto : detail::BufferWaiter {
 public:
  using BufferWaiter::await_ready;
  using BufferWaiter::await_suspend;
  using BufferWaiter::BufferWaiter;

  /// Returns a view of the part of the buffer that holds the message.
  std::expected<Message, ReceiveError> await_resume();

 private:
  friend class detail::Limited<ReceiveInto>;
};

/// The awaitable that `Connection::send` and `ByteStream::write_all` return.
class [[nodiscard]] Send : detail::SendWaiter {
 public:
  using SendWaiter::await_ready;
  using SendWaiter::await_resume;
  using SendWaiter::await_suspend;
  using SendWaiter::SendWaiter;

 private:
  friend class detail::Limited<Send>;
};

/// The awaitable that `Connection::drained` returns.
class [[nodiscard]] Drained : detail::DrainWaiter {
 public:
  using DrainWaiter::await_ready;
  using DrainWaiter::await_resume;
  using DrainWaiter::await_suspend;
  using DrainWaiter::DrainWaiter;

 private:
  friend class detail::Limited<Drained>;
};

/// The awaitable that `Connection::close` returns.
class [[nodiscard]] Close : detail::CloseWaiter {
 public:
  using CloseWaiter::await_ready;
  using CloseWaiter::await_resume;
  using CloseWaiter::await_suspend;
  using CloseWaiter::CloseWaiter;

 private:
  friend class detail::Limited<Close>;
};

/// Connects to `url` and returns the open connection.
///
/// `url` follows the rules of `WebSocket::open`.
///
/// Errors: those of `WebSocket::open`, which are returned without waiting; `connection_failed`,
/// `connection_timed_out`, `cancelled`.
inline Connect connect(std::string_view url) { return Connect(url); }
inline ConnectWithOptions connect(std::string_view url, ConnectOptions options) {
  return {url, std::move(options)};
}

/// A WebSocket connection that coroutines and frame loops read and write.
///
/// It is move-only, and moving it does not affect any wait. It belongs to the thread that created
/// it: calls from other threads return `Error::wrong_thread`, as for a `WebSocket`.
class [[nodiscard]] Connection {
 public:
  /// Creates an object without a connection, like a moved-from one.
  ///
  /// Every operation returns `Error::no_connection`.
  Connection() noexcept = default;

  /// Takes over the connection. Assigning to a connection closes the old one.
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  /// Closes the connection without a code. Queued messages are still sent.
  ///
  /// Coroutines waiting on it resume later, with `Error::destroyed`.
  ~Connection() = default;

  /// Starts connecting and returns at once. For programs that poll.
  ///
  /// `ready_state()` is `connecting` until the connection opens. Until then, `send` and `try_send`
  /// return `still_connecting`, and `receive` waits. If the attempt fails, `try_receive` returns
  /// the error, too. `ConnectOptions::stop` is ignored: destroy the connection instead.
  ///
  /// Errors: those of `WebSocket::open`.
  static std::expected<Connection, Error> open(std::string_view url, ConnectOptions options = {});

  /// Returns the next message if one has arrived. Never waits: for loops that run every frame.
  ///
  /// Hidden pages run no frames, so their inbox may fill up. See `ConnectOptions::when_inbox_full`.
  ///
  ///     auto message = connection.try_receive();
  ///     for (; message; message = connection.try_receive()) show(message->text());
  ///     if (message.error().end) show_end(*message.error().end);
  ///
  /// Errors: `would_block` if no message has arrived yet; after the last message, how the
  /// connection ended, on every call; `no_connection`, `wrong_thread`.
  std::expected<OwnedMessage, ReceiveError> try_receive() {
    return detail::try_receive(receive_queue());
  }

  /// Waits for the next message: `co_await connection.receive({.timeout = 5s})`.
  ///
  /// Messages arrive in order. After the last one, `receive` returns how the connection ended.
  /// Errors: see `ReceiveError`.
  Receive receive() { return Receive(receive_queue()); }
  detail::Limited<Receive> receive(WaitOptions options) {
    return detail::Limited<Receive>(std::move(options), receive_queue());
  }

  /// Waits for the next message, and writes it to `buffer`.
  ///
  /// If the call is waiting when the message arrives, the bytes are copied only once, from the
  /// browser to `buffer`. For text, this needs room for three bytes per UTF-16 code unit.
  ///
  /// The returned message is a view of `buffer`. The rest of the buffer is unspecified. After an
  /// error, all of it is.
  ///
  /// Errors: those of `receive`; `buffer_too_small` if the message does not fit. The next operation
  /// then returns that message.
  ReceiveInto receive_into(std::span<std::byte> buffer) { return {receive_queue(), buffer}; }
  detail::Limited<ReceiveInto> receive_into(std::span<std::byte> buffer, WaitOptions options) {
    return detail::Limited<ReceiveInto>(std::move(options), receive_queue(), buffer);
  }

  /// Sends text, bytes or a `Message` (see `Payload`) once the queue has room.
  ///
  /// Waits while `ConnectOptions::high_water_mark` bytes or more are queued, or while other sends
  /// are waiting.
  ///
  /// Errors: those of `WebSocket::send`; `timed_out`, `cancelled`, `destroyed`. After an error,
  /// nothing was sent. If the connection has ended, `close` and `receive` return how.
  Send send(Payload payload) { return {detail::send_queue_of(core_.get()), payload.message()}; }
  detail::Limited<Send> send(Payload payload, WaitOptions options) {
    return detail::Limited<Send>(std::move(options), detail::send_queue_of(core_.get()),
                                 payload.message());
  }

  /// Sends a message if it can do so without waiting.
  ///
  /// Errors: `would_block` if `send` would wait; those of `WebSocket::send`. After an error,
  /// nothing was sent.
  std::expected<void, Error> try_send(Payload payload);

  /// Returns a `Sender`, which sends over this connection from any thread.
  ///
  /// The first call creates the queue with these options. Later calls return a sender for the same
  /// queue. On another thread, it returns a sender whose `send` always returns `wrong_thread`.
  Sender sender(const SenderOptions& options = {});

  /// Waits until everything sent has been handed to the network, so that `buffered_amount()` is 0.
  ///
  /// Errors: `already_closed` if the connection ends first, `timed_out`, `cancelled`, `destroyed`,
  /// `no_connection`, `wrong_thread`.
  Drained drained() { return Drained(detail::send_queue_of(core_.get())); }
  detail::Limited<Drained> drained(WaitOptions options) {
    return detail::Limited<Drained>(std::move(options), detail::send_queue_of(core_.get()));
  }

  /// Closes the connection, waits until it has ended, and returns how it ended.
  ///
  /// If it has already ended, returns how it ended. Waiting sends end with `already_closing`. See
  /// `WebSocket::close` for `code` and `reason`.
  ///
  /// Errors: those of `WebSocket::close`, except `already_closing` and `already_closed`;
  /// `destroyed`. `timed_out` and `cancelled` end only the wait: the connection keeps closing.
  Close close(int code = close_code::normal_closure, std::string_view reason = {}) {
    return {core_.get(), code, reason};
  }
  detail::Limited<Close> close(int code, std::string_view reason, WaitOptions options) {
    return detail::Limited<Close>(std::move(options), core_.get(), code, reason);
  }

  /// The state of the connection. See `WebSocket::ready_state`.
  ReadyState ready_state() const noexcept;

  /// The number of queued bytes. See `WebSocket::buffered_amount`.
  std::uint64_t buffered_amount() const noexcept;

  /// The URL as resolved by the browser. See `WebSocket::url`.
  std::string url() const;

  /// The subprotocol that the server selected. See `WebSocket::protocol`.
  std::string protocol() const;

  /// The extensions that the server selected. See `WebSocket::extensions`.
  std::string extensions() const;

  /// The number of messages in the inbox.
  std::size_t inbox_size() const noexcept;

  /// The size of the messages in the inbox, in bytes of payload.
  std::size_t inbox_bytes() const noexcept;

  /// The number of messages that `WhenInboxFull::drop_oldest` has dropped.
  std::uint64_t inbox_dropped() const noexcept;

 private:
  friend class Connect;
  friend class ByteStream;
  friend class detail::FarConnection;
  explicit Connection(detail::ConnectionPointer core) noexcept : core_(std::move(core)) {}

  detail::ReceiveQueue* receive_queue() const noexcept {
    return detail::receive_queue_of(core_.get());
  }

  detail::ConnectionPointer core_;
};

}  // namespace hawser
