#pragma once

#include <chrono>

namespace hawser::detail {

/// The longest timer that browsers have, which count milliseconds in 32 bits (HTML §8.6): about 24 days. They fire a
/// longer one at once.
inline constexpr std::chrono::milliseconds longest_timer{0x7fffffff};

}  // namespace hawser::detail
