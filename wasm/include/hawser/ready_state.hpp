#pragma once

#include <cstdint>

namespace hawser {

/// The states of a connection, with the values that the browser's `readyState` has.
enum class ReadyState : std::uint8_t { connecting = 0, open = 1, closing = 2, closed = 3 };

}  // namespace hawser
