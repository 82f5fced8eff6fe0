#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <hawser/close.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/wait.hpp>
#include <hawser/web_socket.hpp>

// A connection that a coroutine reads and writes in a straight line. Any coroutine type will do.
//
//     hawser::Task<> feed() {
//       auto connection = co_await hawser::connect("wss://example.org/feed", {.timeout = 5s});
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
//   `Error::cancelled`.
// * Of several coroutines that wait for the same, the one that has waited longest is served first.

namespace hawser {

/// What becomes of a message that nobody waits for when the inbox has no room for it.
enum class WhenFull : std::uint8_t {
  close,        ///< The connection ends with `Error::inbox_overflow`; what is in the inbox can still be received.
  drop_oldest,  ///< The oldest messages go, and `Connection::dropped_messages` counts them.
};

/// The close code, from the range that apps have, of a connection that hawser ends for a message that is too large or
/// for which there is no room.
inline constexpr std::uint16_t refused_message_code = 4009;

struct ConnectOptions {
  /// As in `Options`.
  std::vector<std::string> protocols = {};

  /// Until when the connection must be open: `Options::connect_timeout`.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);

  /// As in `Options`.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds drain_timeout = std::chrono::minutes(1);

  /// A stop request before the connection is open gives it up with `Error::cancelled`. Afterwards it has no effect.
  std::stop_token stop = {};

  /// Bytes that may wait to be handed to the network. With `high_water_mark` or more, `send` waits; it goes on with
  /// fewer than that, and no more than `low_water_mark`. A message goes as a whole, so that the last one may go beyond.
  /// With a high mark of 0 or 1, each message waits until nothing else does.
  std::uint64_t high_water_mark = 65'536;
  std::uint64_t low_water_mark = 65'536;

  /// Bytes of one message. A larger one ends the connection with `Error::message_too_large`.
  std::size_t max_message_size = 64 << 20;

  /// How much payload may wait in the inbox, where messages go that nobody waits for. One message always may.
  std::size_t max_inbox_bytes = 16 << 20;
  std::size_t max_inbox_messages = 65'536;
  WhenFull when_full = WhenFull::close;
};

/// Why there is no message.
struct ReceiveError {
  /// `timeout`, `cancelled`, `buffer_too_small`, `unexpected_text`, `no_connection`; or, with `end`, how the connection
  /// ended: `already_closed` by a closing handshake, any other by an error.
  Error error;

  /// How the connection ended, if that is why.
  std::optional<CloseEvent> end = std::nullopt;

  /// The bytes of the message for which the buffer was too small.
  std::size_t message_size = 0;
};

class Connection;

namespace detail {

class Channel;

struct ReleaseChannel {
  void operator()(Channel* channel) const noexcept;
};
using ChannelPointer = std::unique_ptr<Channel, ReleaseChannel>;

/// Waits for a message, or for the end.
struct ReceiveWaiter : Waiter {
  explicit ReceiveWaiter(Channel* from) : channel(from) {}
  ReceiveWaiter(Channel* from, WaitOptions options) : channel(from), wait_options(std::move(options)) {}

  bool await_ready();
  bool await_suspend(std::coroutine_handle<> coroutine);
  ReceiveError failure();

  Channel* channel;
  WaitOptions wait_options;
  Link reader;  // where `into` says where a message is to be written
  std::span<std::byte> into = {};
  bool is_into = false;
  bool is_stream = false;  // wants no text, and no empty messages
  OwnedMessage message;
  MessageType type = MessageType::binary;
  std::size_t size = 0;
  std::optional<CloseEvent> end_event;
};

/// Waits until messages may be sent, and sends one: or, of a stream, one for each piece.
struct SendWaiter : Waiter {
  SendWaiter(Channel* to, Message what, WaitOptions options, std::size_t most)
      : Waiter(check_room), channel(to), wait_options(std::move(options)), message(what), max_piece(most) {}

  bool await_ready();
  bool await_suspend(std::coroutine_handle<> coroutine);
  std::expected<void, Error> await_resume() const;

  /// No event says that there is room again, so that this asks before the wait ends without it.
  static void check_room(Waiter& sender);

  Channel* channel;
  WaitOptions wait_options;
  Message message;
  std::size_t max_piece;
};

/// Waits for the end.
struct CloseWaiter : Waiter {
  CloseWaiter(Channel* of, int with, std::string_view why, WaitOptions options)
      : channel(of), wait_options(std::move(options)), code(with), reason(why) {}

  bool await_ready();
  bool await_suspend(std::coroutine_handle<> coroutine);
  std::expected<CloseEvent, Error> await_resume();

  Channel* channel;
  WaitOptions wait_options;
  int code;
  std::string_view reason;
  std::optional<CloseEvent> end_event;
};

}  // namespace detail

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
  detail::ChannelPointer channel_;
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
  ReceiveInto(detail::Channel* from, std::span<std::byte> buffer, WaitOptions options);

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

class [[nodiscard]] Close : detail::CloseWaiter {
 public:
  using CloseWaiter::await_ready;
  using CloseWaiter::await_resume;
  using CloseWaiter::await_suspend;
  using CloseWaiter::CloseWaiter;
};

/// Connects to `url` (see `WebSocket::open`), and gives the open connection, or why there is none: the errors of
/// `WebSocket::open`, `connection_failed`, `timeout`, `cancelled`.
inline Connect connect(std::string_view url, ConnectOptions options = {}) { return {url, std::move(options)}; }

/// An open connection, or one that has ended. Move-only; it belongs to the thread that made it, as a `WebSocket` does.
class Connection {
 public:
  /// Stands for no connection, as what was moved from does: every operation gives `Error::no_connection`.
  Connection() noexcept = default;
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  /// Closes the connection without a code. What waits on it goes on later, with `Error::cancelled`.
  ~Connection() = default;

  /// The next message, in order. All that came before the end come before it.
  Receive receive() { return Receive(channel_.get()); }
  Receive receive(WaitOptions options) { return {channel_.get(), std::move(options)}; }

  /// The next message, in `buffer`: the browser's bytes are copied once where this waits before they come. For text,
  /// that needs room for three bytes for each UTF-16 code unit. A message that does not fit is not lost: the next
  /// operation gets it. What the buffer has beyond the message, or after an error, is not defined.
  ReceiveInto receive_into(std::span<std::byte> buffer, WaitOptions options = {}) {
    return {channel_.get(), buffer, std::move(options)};
  }

  /// Sends a message, at once or when less than `ConnectOptions::high_water_mark` waits to be sent, and after those
  /// that wait already. Errors: those of `WebSocket::send`, `timeout`, `cancelled`; nothing was sent then.
  Send send(std::string_view text, WaitOptions options = {}) {
    return send(Message(MessageType::text, std::as_bytes(std::span(text))), std::move(options));
  }
  Send send(std::span<const std::byte> bytes, WaitOptions options = {}) {
    return send(Message(MessageType::binary, bytes), std::move(options));
  }
  Send send(Message message, WaitOptions options = {}) {
    return {channel_.get(), message, std::move(options), SIZE_MAX};
  }

  /// The same without waiting: where `send` would wait, this is `Error::would_block`.
  std::expected<void, Error> try_send(std::string_view text) {
    return try_send(Message(MessageType::text, std::as_bytes(std::span(text))));
  }
  std::expected<void, Error> try_send(std::span<const std::byte> bytes) {
    return try_send(Message(MessageType::binary, bytes));
  }
  std::expected<void, Error> try_send(Message message);

  /// Closes the connection (see `WebSocket::close`), and gives how it ended, also where it had ended before. Sends that
  /// wait end with `already_closing`. The errors `timeout` and `cancelled` end the wait only.
  Close close(int code = close_code::normal_closure, std::string_view reason = {}, WaitOptions options = {}) {
    return {channel_.get(), code, reason, std::move(options)};
  }

  /// As those of `WebSocket`.
  ReadyState ready_state() const noexcept;
  std::uint64_t buffered_amount() const noexcept;
  std::string url() const;
  std::string protocol() const;
  std::string extensions() const;

  /// Messages that were dropped by `WhenFull::drop_oldest`.
  std::uint64_t dropped_messages() const noexcept;

 private:
  friend class Connect;
  friend class ByteStream;
  explicit Connection(detail::ChannelPointer channel) noexcept : channel_(std::move(channel)) {}

  detail::ChannelPointer channel_;
};

}  // namespace hawser
