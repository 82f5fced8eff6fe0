#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "../socket/seam.hpp"

namespace hawser::detail {

/// Random numbers, uniform over [0, 1), by SplitMix64 (Steele, Lea, Flood 2014). It is small, and
/// good enough to spread the reconnects of many clients.
class Random {
 public:
  // Does not use getentropy: with Emscripten's, the browser writes into wasm memory, and throws if
  // that memory is resizable.
  explicit Random(std::optional<std::uint64_t> seed)
      : state_(seed ? *seed : std::bit_cast<std::uint64_t>(seam::hawser_random())) {}

  double next() {
    std::uint64_t bits = state_ += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return static_cast<double>((bits ^ (bits >> 31)) >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

}  // namespace hawser::detail
