#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <hawser/error.hpp>

namespace hawser {

/// Close codes, named as RFC 6455 §7.4.1 and the IANA registry that it founded name them.
///
/// An app may close with `normal_closure`, or with a code of its own from 3000 to 4999; all others come
/// from the peer or from the browser.
namespace close_code {

inline constexpr std::uint16_t normal_closure = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t no_status_received = 1005;  ///< Never on the wire: the Close frame had no code.
inline constexpr std::uint16_t abnormal_closure = 1006;    ///< Never on the wire: there was no Close frame.
inline constexpr std::uint16_t invalid_frame_payload_data = 1007;
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t message_too_big = 1009;
inline constexpr std::uint16_t mandatory_extension = 1010;
inline constexpr std::uint16_t internal_error = 1011;
inline constexpr std::uint16_t service_restart = 1012;
inline constexpr std::uint16_t try_again_later = 1013;
inline constexpr std::uint16_t bad_gateway = 1014;
inline constexpr std::uint16_t tls_handshake = 1015;  ///< Never on the wire: TLS failed.

}  // namespace close_code

/// Bytes of UTF-8 that a close reason may have: a control frame's 125 less two for the code (RFC 6455 §5.5).
inline constexpr std::size_t max_close_reason_size = 123;

/// How a connection ended (WHATWG WebSockets §6, `CloseEvent`).
struct CloseEvent {
  std::uint16_t code = close_code::abnormal_closure;
  std::string reason = {};  ///< Valid UTF-8, at most `max_close_reason_size` bytes; often empty.
  bool was_clean = false;   ///< Whether both peers sent a Close frame.
  /// What `on_error` was told; empty where the connection ended by a closing handshake.
  std::optional<Error> error = std::nullopt;
};

}  // namespace hawser
