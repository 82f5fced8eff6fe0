#pragma once

#include <cstdint>
#include <string_view>

namespace hawser {

/// Everything that can go wrong. docs/errors.md says of each value when it happens and what to do.
///
/// The first group is what a call returns: the input or the moment was wrong, and nothing was sent.
/// The second group is how a connection ended, as `on_error` and `CloseEvent::error` tell it.
enum class Error : std::uint8_t {
  unsupported = 1,        ///< This environment has no WebSocket: `hawser::supported()` is false.
  invalid_url,            ///< Not an absolute ws: or wss: URL without a fragment (RFC 6455 §3).
  url_too_long,           ///< The URL is longer than `max_url_size` bytes.
  invalid_protocol,       ///< A subprotocol is empty, is not a token, or is there twice (RFC 6455 §4.1).
  invalid_timeout,        ///< A deadline is zero or negative.
  blocked,                ///< The browser forbids this connection: mixed content, or a security policy.
  invalid_close_code,     ///< The close code is neither 1000 nor in 3000 to 4999.
  close_reason_too_long,  ///< The close reason has more than `max_close_reason_size` bytes of UTF-8.
  invalid_utf8,           ///< The text, or the close reason, is not valid UTF-8.
  invalid_data,           ///< The JavaScript value is neither a string, a Blob, an ArrayBuffer nor a view of one.
  still_connecting,       ///< `send` before `on_open`.
  already_closing,        ///< `send` or `close` while the connection is closing.
  already_closed,         ///< `send` or `close` after the connection ended.
  no_connection,          ///< The WebSocket was moved from, or never opened.
  browser_exception,      ///< The browser threw an exception that none of the above describes.
  would_block,            ///< `try_send` where `send` would wait.
  outbox_full,            ///< The outbox of a session has no room.
  cancelled,              ///< A stop request, or the connection's destruction, ended the wait.
  buffer_too_small,       ///< The message is larger than the buffer for it; the next `receive` gets it.
  unexpected_text,        ///< A text message came to a stream of bytes.

  connection_failed,  ///< The connection could not be made. Browsers hide why, by design.
  connection_lost,    ///< The open connection ended without a closing handshake (close code 1006).
  aborted,            ///< The app called `close` before the connection was open.
  timeout,        ///< The connect or close deadline passed; or that of a wait, which leaves the connection as it is.
  out_of_memory,  ///< A received message did not fit into the memory that was left.
  message_too_large,  ///< A received message was larger than `Options::max_message_size`.
  inbox_overflow,     ///< Nobody received for so long that the inbox was full.

  wrong_thread,  ///< A call on an object that another thread made.
};

/// What happened, and what to do about it where something can be done: one fixed English sentence or two. It lives as
/// long as the program, and a NUL follows it.
std::string_view describe(Error error) noexcept;

}  // namespace hawser
