#pragma once

// Shared by every fuzzer here: the entry point that libFuzzer calls, and how a fuzzer reads its
// input and fails.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// Takes values from the start of an input. Past its end, every value is zero.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(data, size) {}

  bool is_over() const { return bytes_.empty(); }

  template <typename Value>
  Value take() {
    Value value{};
    const auto size = std::min(sizeof value, bytes_.size());
    std::memcpy(&value, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return value;
  }

  std::uint32_t below(std::uint32_t bound) { return take<std::uint8_t>() % bound; }
  bool flag() { return below(2) == 1; }

  /// At most `most` bytes, as characters.
  std::string text(std::size_t most) {
    const auto taken = bytes_.first(std::min(most, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// A list of strings, separated by NULs.
inline std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\0', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Aborts if a promise is broken, so that the fuzzer keeps the input.
inline void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "Violated: %s.\n", what);
  std::abort();
}

}  // namespace fuzz
