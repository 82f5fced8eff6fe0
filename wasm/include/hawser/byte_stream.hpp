#pragma once

#include <hawser/connection.hpp>

namespace hawser {

namespace detail {
/// The size of the messages that carry a stream, in bytes.
///
/// Larger messages reach the peer's reader later, and smaller ones cost more per byte.
inline constexpr std::size_t stream_piece = 16'384;
}  // namespace detail

class ByteStream;

/// The awaitable that `ByteStream::read_some` returns. Await it once, in the expression that
/// creates it. You don't need to name it.
class [[nodiscard]] ReadSome : detail::BufferWaiter {
 public:
  ReadSome(ByteStream& stream, std::span<std::byte> into) noexcept;
  bool await_ready() const noexcept;
  using BufferWaiter::await_suspend;
  std::expected<std::size_t, ReceiveError> await_resume();

 private:
  friend class detail::Limited<ReadSome>;

  ByteStream& stream_;
};

/// Reads and writes a connection as a stream of bytes, for protocols designed for TCP.
///
///     hawser::ByteStream stream(connection);
///     co_await stream.write_all(request);
///     std::array<std::byte, 4096> buffer;
///     while (auto size = co_await stream.read_some(buffer)) {
///       if (*size == 0) break;  // end of stream
///       parse(std::span(buffer).first(*size));
///     }
///
/// Bytes travel in binary messages, and message boundaries carry no meaning. The connection must
/// outlive the stream, but may be moved. Read a connection through one stream only, and from one
/// coroutine at a time: the stream holds the unread rest of a message.
class ByteStream {
 public:
  /// Creates a stream over `connection`.
  explicit ByteStream(Connection& connection) noexcept : core_(connection.core_.get()) {}

  /// Waits for bytes, writes them to `buffer`, and returns how many.
  ///
  /// Writes at least one byte, and at most the size of the buffer. Returns 0 at the end of the
  /// stream, after a closing handshake with any code. Also returns 0 if the buffer is empty.
  ///
  /// Errors: those of `Connection::receive`; `unexpected_text` for a text message, which is
  /// dropped.
  ReadSome read_some(std::span<std::byte> buffer) { return {*this, buffer}; }
  detail::Limited<ReadSome> read_some(std::span<std::byte> buffer, WaitOptions options) {
    return detail::Limited<ReadSome>(std::move(options), *this, buffer);
  }

  /// Sends all bytes, in binary messages of up to 16 KiB.
  ///
  /// Text is sent as its UTF-8 bytes. Errors: those of `Connection::send`. After an error, some of
  /// the bytes may have been sent: close the connection.
  Send write_all(Payload payload) {
    return {detail::send_queue_of(core_), Message::binary(payload.message().bytes()),
            detail::send_pieces};
  }
  detail::Limited<Send> write_all(Payload payload, WaitOptions options) {
    return detail::Limited<Send>(std::move(options), detail::send_queue_of(core_),
                                 Message::binary(payload.message().bytes()), detail::send_pieces);
  }

 private:
  friend class ReadSome;

  detail::ConnectionCore* core_;
  OwnedMessage rest_;  // the message being read
  std::size_t read_ = 0;
};

}  // namespace hawser
