#pragma once

#include <hawser/connection.hpp>

namespace hawser {

namespace detail {
/// Larger messages make a stream wait longer at its peer, smaller ones cost more each.
inline constexpr std::size_t stream_piece = 16'384;
}  // namespace detail

class ByteStream;

class [[nodiscard]] ReadSome : detail::ReceiveWaiter {
 public:
  ReadSome(ByteStream& stream, std::span<std::byte> into, WaitOptions options);
  bool await_ready();
  using ReceiveWaiter::await_suspend;
  std::expected<std::size_t, ReceiveError> await_resume();

 private:
  ByteStream& stream_;
};

/// The binary messages of a connection as one stream of bytes, in both directions, for protocols that were made for
/// TCP. Where a message ends means nothing. The connection must outlive the stream, and may be moved. One stream
/// does all its reading, and one coroutine at a time, since it keeps what its reader left of a message.
///
///     hawser::ByteStream stream(connection);
///     co_await stream.write_all(request);
///     while (auto size = co_await stream.read_some(buffer); size && *size > 0) parse(std::span(buffer).first(*size));
class ByteStream {
 public:
  explicit ByteStream(Connection& connection) noexcept : core_(connection.core_.get()) {}

  /// At least one byte of what comes next, and at most the buffer's size; 0 once a closing handshake has ended the
  /// connection, whatever its code, or for an empty buffer. Errors: those of `receive`, and `unexpected_text` for a
  /// text message, which is dropped.
  ReadSome read_some(std::span<std::byte> buffer, WaitOptions options = {}) {
    return {*this, buffer, std::move(options)};
  }

  /// Sends all of these bytes, or of this text, in binary messages of up to 16 KiB. After an error, which part of them was sent is not known: close
  /// the connection then.
  Send write_all(Payload payload, WaitOptions options = {}) {
    return {detail::send_queue_of(core_), Message::binary(payload.message().bytes()), std::move(options),
            detail::stream_piece};
  }

 private:
  friend class ReadSome;

  detail::ConnectionCore* core_;
  OwnedMessage rest_;  // of the last message
  std::size_t read_ = 0;
};

}  // namespace hawser
