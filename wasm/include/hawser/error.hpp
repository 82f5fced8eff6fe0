#pragma once

#include <cstdint>

namespace hawser {

/// Everything that can go wrong. docs/errors.md says when each value occurs and what to do about it.
///
/// The numbers are stable: they may be logged, stored and sent. New values get new numbers in the gaps.
enum class Error : std::uint8_t {
  // 1 to 31: a call was refused. Nothing was sent, and nothing has changed.

  connection_failed,  ///< The connection could not be made. Browsers hide why, by design.
  connection_lost,    ///< The open connection ended without a closing handshake (close code 1006).
  aborted,            ///< The app called `close` before the connection was open.
  timeout,        ///< The connect or close deadline passed; or that of a wait, which leaves the connection as it is.
  out_of_memory,  ///< A received message did not fit into the memory that was left.
  message_too_large,  ///< A received message was larger than `Options::max_message_size`.
  inbox_overflow,     ///< Nobody received for so long that the inbox was full.

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
