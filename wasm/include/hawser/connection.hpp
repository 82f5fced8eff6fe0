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
#include <hawser/detail/operations.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/payload.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/receive_error.hpp>
#include <hawser/wait.hpp>

// A connection that a coroutine reads and writes in a straight line. Any coroutine type will do.
//
//     hawser::Task<> feed() {
//       auto connection = co_await hawser::connect("wss://example.org/feed", {.connect_timeout = 5s});
//       if (!connection) co_return report(hawser::describe(connection.error()));
//       co_await connection->send("subscribe");
//       while (auto message = co_await connection->receive()) show(message->text());
//     }
//
// What always holds:
//
// * An operation begins when it is awaited. What it was given (text, bytes, a buffer) must live until it is over,
//   as it does in a `co_await` expression.
// * A coroutine that waited goes on from the event loop, never inside a call that the app made: not in `send`, not in
//   `request_stop`, not in a destructor.
// * A wait that ends by its deadline or by a stop request changes nothing: no message is lost, nothing was sent. (But
//   `close` has begun to close, and of what `ByteStream::write_all` was given a part may have been sent.)
// * A coroutine's frame may be destroyed while it waits, and so may the connection: then the wait ends with
//   `Error::destroyed`.
// * Of several coroutines that wait for the same, the one that has waited longest is served first.

namespace hawser {

class Connection;

// What an operation gives to `co_await`. Each is awaited once, where it was made.

class [[nodiscard]] Connect : detail::Waiter {
 public:
  Connect(std::string_view url, ConnectOptions options);
  bool await_ready();
  bool await_suspend(std::coroutine_handle<> coroutine);
  std::expected<Connection, Error> await_resume();

 private:
  std::string url_;
  std::stop_token stop_;
  detail::ConnectionPointer core_;
};

class [[nodiscard]] Receive : detail::ReceiveWaiter {
 public:
  using ReceiveWaiter::await_ready;
  using ReceiveWaiter::await_suspend;
  using ReceiveWaiter::ReceiveWaiter;
  std::expected<OwnedMessage, ReceiveError> await_resume();
};

class [[nodiscard]] ReceiveInto : detail::ReceiveWaiter {
 public:
  using ReceiveWaiter::await_ready;
  using ReceiveWaiter::await_suspend;
  ReceiveInto(detail::Mailbox* from, std::span<std::byte> into, WaitOptions options);

  /// The part of the buffer that is the message.
  std::expected<Message, ReceiveError> await_resume();
};

class [[nodiscard]] Send : detail::SendWaiter {
 public:
  using SendWaiter::await_ready;
  using SendWaiter::await_resume;
  using SendWaiter::await_suspend;
  using SendWaiter::SendWaiter;
};

class [[nodiscard]] Drained : detail::DrainWaiter {
 public:
  using DrainWaiter::await_ready;
  using DrainWaiter::await_resume;
  using DrainWaiter::await_suspend;
  using DrainWaiter::DrainWaiter;
};

class [[nodiscard]] Close : detail::CloseWaiter {
 public:
  using CloseWaiter::await_ready;
  using CloseWaiter::await_resume;
  using CloseWaiter::await_suspend;
  using CloseWaiter::CloseWaiter;
};

/// Connects to `url` (see `WebSocket::open`), and gives the open connection, or why there is none: the errors of
/// `WebSocket::open`, `connection_failed`, `connection_timed_out`, `cancelled`. Those of `WebSocket::open` come at once.
inline Connect connect(std::string_view url, ConnectOptions options = {}) { return {url, std::move(options)}; }

/// An open connection, or one that has ended. Move-only; it belongs to the thread that made it, as a `WebSocket` does.
class [[nodiscard]] Connection {
 public:
  /// Stands for no connection, as what was moved from does: every operation gives `Error::no_connection`.
  Connection() noexcept = default;
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  /// Closes the connection without a code. What waits on it goes on later, with `Error::destroyed`.
  ~Connection() = default;

  /// Starts connecting and returns at once: for programs that poll, with neither callbacks nor coroutines.
  /// `ready_state()` is `connecting` until the connection is open. `try_receive` also reports an attempt that failed.
  /// `ConnectOptions::stop` is not used: destroy the connection instead. Errors: those of `WebSocket::open`.
  static std::expected<Connection, Error> open(std::string_view url, ConnectOptions options = {});

  /// The next message if it is there already, without waiting: for a loop that runs once per frame. Otherwise
  /// `would_block`, or how the connection ended, each time it is asked.
  std::expected<OwnedMessage, ReceiveError> try_receive() { return detail::try_receive(mailbox()); }

  /// The next message, in order. All that came before the end come before it.
  Receive receive() { return Receive(mailbox()); }
  Receive receive(WaitOptions options) { return {mailbox(), std::move(options)}; }

  /// The next message, in `buffer`: the browser's bytes are copied once where this waits before they come. For text,
  /// that needs room for three bytes for each UTF-16 code unit. A message that does not fit is not lost: the next
  /// operation gets it. What the buffer has beyond the message, or after an error, is not defined.
  ReceiveInto receive_into(std::span<std::byte> buffer, WaitOptions options = {}) {
    return {mailbox(), buffer, std::move(options)};
  }

  /// Sends text, bytes or a `Message` (see `Payload`), at once or when less than `ConnectOptions::high_water_mark` waits to be sent, and after those
  /// that wait already. Errors: those of `WebSocket::send`, `timed_out`, `cancelled`, `destroyed`; nothing was sent then.
  Send send(Payload payload, WaitOptions options = {}) {
    return {detail::send_queue_of(core_.get()), payload.message(), std::move(options), SIZE_MAX};
  }

  /// The same without waiting: where `send` would wait, this is `Error::would_block`.
  std::expected<void, Error> try_send(Payload payload);

  /// Waits until everything sent has been handed to the network: `buffered_amount()` is 0. Errors: `already_closed` if
  /// the connection ends first, `timed_out`, `cancelled`, `destroyed`.
  Drained drained(WaitOptions options = {}) { return {detail::send_queue_of(core_.get()), std::move(options)}; }

  /// Closes the connection (see `WebSocket::close`), and gives how it ended, also where it had ended before. Sends that
  /// wait end with `already_closing`. The errors `timed_out` and `cancelled` end the wait only.
  Close close(int code = close_code::normal_closure, std::string_view reason = {}, WaitOptions options = {}) {
    return {core_.get(), code, reason, std::move(options)};
  }

  /// As those of `WebSocket`.
  ReadyState ready_state() const noexcept;
  std::uint64_t buffered_amount() const noexcept;
  std::string url() const;
  std::string protocol() const;
  std::string extensions() const;

  /// The messages that wait in the inbox, and the bytes of their payloads.
  std::size_t inbox_size() const noexcept;
  std::size_t inbox_bytes() const noexcept;

  /// Messages that were dropped by `WhenInboxFull::drop_oldest`.
  std::uint64_t dropped_messages() const noexcept;

 private:
  friend class Connect;
  friend class ByteStream;
  explicit Connection(detail::ConnectionPointer core) noexcept : core_(std::move(core)) {}

  detail::Mailbox* mailbox() const noexcept { return detail::mailbox_of(core_.get()); }

  detail::ConnectionPointer core_;
};

}  // namespace hawser
