#pragma once

#include <cstdint>

namespace hawser {

/// Everything that can go wrong. docs/errors.md says when each value occurs and what to do about it.
///
/// The numbers are stable: they may be logged, stored and sent. New values get new numbers in the gaps.
enum class Error : std::uint8_t {
  // 1 to 31: a call was refused. Nothing was sent, and nothing has changed.

  unsupported = 1,            ///< This environment has no WebSocket: `hawser::supported()` is false.
  invalid_url = 2,            ///< Not an absolute ws: or wss: URL without a fragment (RFC 6455 §3).
  url_too_long = 3,           ///< The URL is longer than `max_url_size` bytes.
  invalid_protocol = 4,       ///< A subprotocol is empty, not a token, or listed twice (RFC 6455 §4.1).
  invalid_timeout = 5,        ///< A deadline is zero or negative.
  blocked = 6,                ///< The browser forbids this connection: mixed content, or a security policy.
  invalid_close_code = 7,     ///< The close code is neither 1000 nor in 3000 to 4999.
  close_reason_too_long = 8,  ///< The close reason has more than `max_close_reason_size` bytes of UTF-8.
  invalid_utf8 = 9,           ///< The text, or the close reason, is not valid UTF-8.
  invalid_data = 10,          ///< The JavaScript value is neither a string, a Blob, an ArrayBuffer nor a view of one.
  still_connecting = 11,      ///< `send` before `on_open`.
  already_closing = 12,       ///< `send` or `close` while the connection is closing.
  already_closed = 13,        ///< `send` or `close` after the connection ended.
  no_connection = 14,         ///< The object was moved from, or never opened.
  wrong_thread = 15,          ///< The object belongs to another thread.
  browser_exception = 16,     ///< The browser threw an exception that no other value describes.
  would_block = 17,           ///< `try_send` where `send` would wait.
  outbox_full = 18,           ///< The outbox of a session has no room.

  // 32 to 63: a wait ended without a result. The connection is unchanged, unless it was destroyed.

  timed_out = 32,         ///< The wait's own deadline passed: nothing arrived in time, or nothing could be sent.
  cancelled = 33,         ///< A request on your stop token ended the wait.
  destroyed = 34,         ///< The connection or the session was destroyed, or assigned to, during the wait.
  buffer_too_small = 35,  ///< The message is larger than the buffer. The next `receive` returns it.
  unexpected_text = 36,   ///< A text message arrived on a stream of bytes.

  // 64 and up: the connection ended.

  closed = 64,                ///< End of stream: the connection was closed by a closing handshake. Not a failure.
  connection_failed = 65,     ///< The connection could not be made. Browsers hide why, by design.
  connection_lost = 66,       ///< The open connection ended without a closing handshake (close code 1006).
  connection_timed_out = 67,  ///< Connecting or closing took too long, or the peer stopped responding.
  aborted = 68,               ///< The application called `close` before the connection was open.
  out_of_memory = 69,         ///< A received message did not fit into the memory that was left.
  message_too_large = 70,     ///< A received message was larger than `max_message_size`.
  inbox_overflow = 71,        ///< The inbox was full, because nothing received from it for too long.
};

/// The identifier of the value, such as "connection_lost": for logs. "unknown" for a number that is no value. It is
/// NUL-terminated and lives as long as the program.
const char* name(Error error) noexcept;

/// What happened and what to do about it, in one or two English sentences. It is NUL-terminated and lives as long as
/// the program.
const char* describe(Error error) noexcept;

}  // namespace hawser
