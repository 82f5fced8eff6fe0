#pragma once

#include <cstdint>

#include <hawser/detail/platform.hpp>

namespace hawser {

/// The state of a connection, with the numbers of the browser's `readyState`.
///
/// See https://websockets.spec.whatwg.org/#dom-websocket-readystate.
enum class ReadyState : std::uint8_t {
  connecting = 0,  ///< The connection is not open yet.
  open = 1,        ///< Messages can be sent and received.
  closing = 2,     ///< The closing handshake has started, or `close` was called.
  closed = 3,      ///< The connection has ended, or could not be opened.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(ReadyState state) noexcept {
  switch (state) {
    case ReadyState::connecting: return "connecting";
    case ReadyState::open: return "open";
    case ReadyState::closing: return "closing";
    case ReadyState::closed: return "closed";
  }
  return "unknown";
}

}  // namespace hawser
