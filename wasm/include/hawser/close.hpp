#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <hawser/error.hpp>

namespace hawser {

/// Close codes, named as in the IANA registry.
///
/// Applications may send `normal_closure`, or their own codes from 3000 to 4999. All other codes
/// come from the peer or the browser. See https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 and
/// https://www.iana.org/assignments/websocket/websocket.xhtml.
namespace close_code {

/// The connection has served its purpose.
inline constexpr std::uint16_t normal_closure = 1000;
/// The server is shutting down, or the user left the page.
inline constexpr std::uint16_t going_away = 1001;
/// An endpoint violated the WebSocket protocol.
inline constexpr std::uint16_t protocol_error = 1002;
/// An endpoint received a type of message that it does not accept.
inline constexpr std::uint16_t unsupported_data = 1003;
/// The Close frame had no code. Never sent.
inline constexpr std::uint16_t no_status_received = 1005;
/// There was no Close frame. Never sent.
inline constexpr std::uint16_t abnormal_closure = 1006;
/// A message was inconsistent with its type, such as text that is not UTF-8.
inline constexpr std::uint16_t invalid_frame_payload_data = 1007;
/// A message violated a policy of the endpoint.
inline constexpr std::uint16_t policy_violation = 1008;
/// A message was too big to process.
inline constexpr std::uint16_t message_too_big = 1009;
/// The server did not select an extension that the client requires.
inline constexpr std::uint16_t mandatory_extension = 1010;
/// The server encountered an unexpected condition.
inline constexpr std::uint16_t internal_error = 1011;
/// The server is restarting.
inline constexpr std::uint16_t service_restart = 1012;
/// The server is overloaded.
inline constexpr std::uint16_t try_again_later = 1013;
/// A gateway received an invalid response.
inline constexpr std::uint16_t bad_gateway = 1014;
/// The TLS handshake failed. Never sent.
inline constexpr std::uint16_t tls_handshake = 1015;

}  // namespace close_code

/// The maximum size of a close reason, in bytes of UTF-8.
///
/// A control frame holds 125 bytes, and the code takes two of them
/// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5).
inline constexpr std::size_t max_close_reason_size = 123;

/// How a connection ended (https://websockets.spec.whatwg.org/#the-closeevent-interface).
struct CloseEvent {
  std::uint16_t code = close_code::abnormal_closure;  ///< One of `close_code`, or any other code.
  std::string reason = {};  ///< Valid UTF-8, at most `max_close_reason_size` bytes. Often empty.
  bool was_clean = false;   ///< Whether both peers sent a Close frame.

  /// The error that `on_error` received.
  ///
  /// Empty after a closing handshake, unless hawser closed the connection because it refused a
  /// message (`refused_message_code`).
  std::optional<Error> error = std::nullopt;
};

}  // namespace hawser
