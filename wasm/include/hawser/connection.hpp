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
// * A coroutine that has waited resumes from the event loop. It never resumes inside a call that
//   the application makes, such as `send`, `request_stop` or a destructor.
// * A wait that times out or is cancelled has no effect: no message is lost, and nothing was sent.
//   There are three exceptions: `connect` gives up the attempt, `close` has started to close the
//   connection, and `ByteStream::write_all` may have sent a part of its bytes.
// * You may destroy a coroutine's frame while it waits. You may also destroy the connection: the
//   wait then ends with `Error::destroyed`. After that, touch no member of the object that held it.
// * Coroutines that wait for the same thing are served in the order in which they started to wait.

namespace hawser {

class Connection;

namespace detail {
class FarConnection;
}  // namespace detail

// The classes up to `connect` are what operations return. Await each once, in the expression that
// creates it. Applications don't name them.

/// What `connect(url)` returns.
class [[nodiscard]] Connect : detail::Waiter {
 public:
  /// The options, if there are any, must live until the end of the wait.
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

/// What `connect(url, options)` returns.
class [[nodiscard]] ConnectWithOptions : public Connect {
 public:
  ConnectWithOptions(std::string_view url, ConnectOptions options) noexcept
      : Connect(url, &options_, detail::offer_protocols),
        options_(std::move(options)),
        limits_(*this, {.stop = options_.stop}) {}

 private:
  ConnectOptions options_;
  detail::WaitLimits limits_;
};

/// What `receive` returns, of a `Connection` or a `Session`.
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

/// What `Connection::receive_into` returns.
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

/// What `Connection::send` and `ByteStream::write_all` return.
class [[nodiscard]] Send : detail::SendWaiter {
 public:
  using SendWaiter::await_ready;
  using SendWaiter::await_resume;
  using SendWaiter::await_suspend;
  using SendWaiter::SendWaiter;

 private:
  friend class detail::Limited<Send>;
};

/// What `Connection::drained` returns.
class [[nodiscard]] Drained : detail::DrainWaiter {
 public:
  using DrainWaiter::await_ready;
  using DrainWaiter::await_resume;
  using DrainWaiter::await_suspend;
  using DrainWaiter::DrainWaiter;

 private:
  friend class detail::Limited<Drained>;
};

/// What `Connection::close` returns.
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
inline ConnectWithOptions connect(std::string_view url, ConnectOptions options) { return {url, std::move(options)}; }

/// A WebSocket connection that coroutines and frame loops read and write.
///
/// It is move-only, and moving it disturbs no wait. It belongs to the thread that created it: calls
/// from other threads return `Error::wrong_thread`, as for a `WebSocket`.
class [[nodiscard]] Connection {
 public:
  /// Creates an object without a connection, as one that was moved from.
  ///
  /// Every operation returns `Error::no_connection`.
  Connection() noexcept = default;

  /// Takes over the connection. A connection that is assigned to is closed.
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  /// Closes the connection without a code. Messages that are queued are still sent.
  ///
  /// Coroutines that wait on it resume later, with `Error::destroyed`.
  ~Connection() = default;

  /// Starts to connect and returns at once: for programs that poll.
  ///
  /// `ready_state()` is `connecting` until the connection is open. Until then `send` and `try_send`
  /// return `still_connecting`, and `receive` waits. `try_receive` also reports that the attempt
  /// failed. `ConnectOptions::stop` is ignored: destroy the connection instead.
  ///
  /// Errors: those of `WebSocket::open`.
  static std::expected<Connection, Error> open(std::string_view url, ConnectOptions options = {});

  /// Returns the next message if one has arrived. For loops that run every frame: it never waits.
  ///
  /// Hidden pages run no frames, so their inbox may fill: see `ConnectOptions::when_inbox_full`.
  ///
  ///     auto message = connection.try_receive();
  ///     for (; message; message = connection.try_receive()) show(message->text());
  ///     if (message.error().end) show_end(*message.error().end);
  ///
  /// Errors: `would_block` if there is no message yet; how the connection ended, on every call
  /// after the last message; `no_connection`, `wrong_thread`.
  std::expected<OwnedMessage, ReceiveError> try_receive() { return detail::try_receive(receive_queue()); }

  /// Waits for the next message: `co_await connection.receive({.timeout = 5s})`.
  ///
  /// Messages arrive in order, and the end of the connection after the last of them. Errors: see
  /// `ReceiveError`.
  Receive receive() { return Receive(receive_queue()); }
  detail::Limited<Receive> receive(WaitOptions options) {
    return detail::Limited<Receive>(std::move(options), receive_queue());
  }

  /// Waits for the next message, and writes it to `buffer`.
  ///
  /// If the call waits before the message arrives, its bytes are copied only once, from the browser
  /// to `buffer`. For text, this needs room for three bytes per UTF-16 code unit.
  ///
  /// The returned message is a view of `buffer`. The rest of the buffer is unspecified, and all of
  /// it after an error.
  ///
  /// Errors: those of `receive`; `buffer_too_small` if the message does not fit. The next operation
  /// then returns it.
  ReceiveInto receive_into(std::span<std::byte> buffer) { return {receive_queue(), buffer}; }
  detail::Limited<ReceiveInto> receive_into(std::span<std::byte> buffer, WaitOptions options) {
    return detail::Limited<ReceiveInto>(std::move(options), receive_queue(), buffer);
  }

  /// Sends text, bytes or a `Message` (see `Payload`), when the queue has room.
  ///
  /// Waits while `ConnectOptions::high_water_mark` bytes or more are queued, or other sends wait.
  ///
  /// Errors: those of `WebSocket::send`, `timed_out`, `cancelled`, `destroyed`. Nothing was sent
  /// then. If the connection has ended, `close` and `receive` return why.
  Send send(Payload payload) { return {detail::send_queue_of(core_.get()), payload.message()}; }
  detail::Limited<Send> send(Payload payload, WaitOptions options) {
    return detail::Limited<Send>(std::move(options), detail::send_queue_of(core_.get()), payload.message());
  }

  /// Sends a message if that is possible without waiting.
  ///
  /// Errors: `would_block` if `send` would wait; those of `WebSocket::send`. Nothing was sent then.
  std::expected<void, Error> try_send(Payload payload);

  /// Returns an object that sends over this connection from any thread. See `Sender`.
  ///
  /// The first call creates the queue, with these options. Later calls return a sender of the same
  /// queue. On another thread it returns a sender that only returns `wrong_thread`.
  Sender sender(const SenderOptions& options = {});

  /// Waits until everything sent has been handed to the network: `buffered_amount()` is 0.
  ///
  /// Errors: `already_closed` if the connection ends first, `timed_out`, `cancelled`, `destroyed`,
  /// `no_connection`, `wrong_thread`.
  Drained drained() { return Drained(detail::send_queue_of(core_.get())); }
  detail::Limited<Drained> drained(WaitOptions options) {
    return detail::Limited<Drained>(std::move(options), detail::send_queue_of(core_.get()));
  }

  /// Closes the connection, waits until it has ended, and returns how it ended.
  ///
  /// If it has ended already, this returns that end. Sends that wait end with `already_closing`.
  /// See `WebSocket::close` for `code` and `reason`.
  ///
  /// Errors: those of `WebSocket::close`, except `already_closing` and `already_closed`.
  /// `timed_out` and `cancelled` end the wait only: the connection continues to close. `destroyed`.
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

  /// The URL, as resolved by the browser. See `WebSocket::url`.
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

  detail::ReceiveQueue* receive_queue() const noexcept { return detail::receive_queue_of(core_.get()); }

  detail::ConnectionPointer core_;
};

}  // namespace hawser
