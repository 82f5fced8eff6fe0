#pragma once

#include <chrono>
#include <cstdint>

#include "../socket/seam.hpp"

namespace hawser::detail {

/// Milliseconds of a clock that never goes back.
inline std::chrono::milliseconds now() {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seam::hawser_now()));
}

}  // namespace hawser::detail
