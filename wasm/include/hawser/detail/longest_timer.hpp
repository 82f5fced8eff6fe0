#pragma once

#include <chrono>

namespace hawser::detail {

/// The longest timer in browsers: about 24 days, because they count milliseconds in 32 bits (HTML
/// §8.6). Longer timers fire at once.
inline constexpr std::chrono::milliseconds longest_timer{0x7fffffff};

}  // namespace hawser::detail
