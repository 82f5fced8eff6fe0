#pragma once

#include <cstdint>

#include <hawser/detail/platform.hpp>

namespace hawser {

/// Everything that can go wrong. docs/errors.md explains when each error occurs and how to react to
/// it.
///
/// The numbers are stable: you may log, store and send them. New errors get new numbers in the
/// gaps.
enum class Error : std::uint8_t {
  // 1 to 31: a call was refused. Nothing was sent, and nothing changed.

  unsupported = 1,            ///< This environment has no WebSocket: see `supported()`.
  invalid_url = 2,            ///< Not an absolute ws: or wss: URL, or one with a fragment.
  url_too_long = 3,           ///< The URL is longer than `max_url_size` bytes.
  invalid_protocol = 4,       ///< A subprotocol is empty, not a token, or listed twice.
  invalid_timeout = 5,        ///< A deadline is zero or negative.
  blocked = 6,                ///< The browser forbids this connection: mixed content or CSP.
  invalid_close_code = 7,     ///< The close code is neither 1000 nor in 3000 to 4999.
  close_reason_too_long = 8,  ///< The close reason is longer than `max_close_reason_size` bytes.
  invalid_utf8 = 9,           ///< The text, or the close reason, is not valid UTF-8.
  invalid_data = 10,          ///< The JavaScript value is no string, Blob, ArrayBuffer or view.
  still_connecting = 11,      ///< `send` or `Session::ready` was called while not open.
  already_closing = 12,       ///< `send` or `close` was called while the connection is closing.
  already_closed = 13,        ///< `send` or `close` was called after the connection ended.
  no_connection = 14,         ///< It was moved from or never opened, or the session has none.
  wrong_thread = 15,          ///< The object belongs to another thread.
  browser_exception = 16,     ///< The browser threw an exception that no other error describes.
  would_block = 17,           ///< `try_send`, `try_receive` or a `Sender` would have to wait.
  outbox_full = 18,           ///< The outbox of the session is full.
  cannot_block = 19,          ///< A blocking call would have to wait on a thread that must not.
  no_thread = 20,             ///< The I/O thread could not be started, or has ended.
  id_conflict = 21,           ///< Restored messages don't fit in front of those in the outbox.

  // 32 to 63: a wait ended without a result. The connection is unchanged, unless it was destroyed.

  timed_out = 32,         ///< Nothing arrived or could be sent before the timeout.
  cancelled = 33,         ///< Your stop token cancelled the wait.
  destroyed = 34,         ///< The object was destroyed, or assigned to, during the wait.
  buffer_too_small = 35,  ///< The message is larger than the buffer. The next `receive` returns it.
  unexpected_text = 36,   ///< A text message arrived on a stream of bytes.

  // 64 and up: the connection ended.

  closed = 64,                ///< End of stream, after a closing handshake. Not a failure.
  connection_failed = 65,     ///< The connection could not be opened. Browsers hide why, by design.
  connection_lost = 66,       ///< The open connection ended without a Close frame: code 1006.
  connection_timed_out = 67,  ///< Connecting or closing took too long, or the peer did not respond.
  aborted = 68,               ///< The application called `close` before the connection was open.
  out_of_memory = 69,         ///< Memory ran out for a received message, or to queue one.
  message_too_large = 70,     ///< A received message was larger than `max_message_size`.
  inbox_overflow = 71,        ///< The inbox was full, because no one received messages in time.
};

/// Returns the name of the error, such as "connection_lost", for logs.
///
/// Returns "unknown" if `error` is not one of the enumerators. The text is NUL-terminated and lives
/// as long as the program.
const char* name(Error error) noexcept;

/// Returns what happened and what to do about it, in one or two English sentences.
///
/// The text is NUL-terminated and lives as long as the program.
const char* describe(Error error) noexcept;

}  // namespace hawser
