#pragma once

#include <cstdint>

namespace hawser {

/// The states of a connection, with the values that the browser's `readyState` has.
enum class ReadyState : std::uint8_t { connecting = 0, open = 1, closing = 2, closed = 3 };

/// The identifier of the value, NUL-terminated. "unknown" for a number that is no value.
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
