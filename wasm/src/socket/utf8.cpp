#include "utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hawser {

bool is_utf8(const std::string_view& text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    if (std::uint64_t eight; text.size() - i >= sizeof eight) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080) == 0) {
        i += sizeof eight;
        continue;
      }
    }
    const auto byte = [&](std::size_t offset) {
      return static_cast<unsigned char>(text[i + offset]);
    };
    const auto lead = byte(0);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - i < length) return false;
    // The byte after the lead is where overlong forms, surrogates and values past U+10FFFF show.
    const unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < lowest || byte(1) > highest) return false;
    for (std::size_t offset = 2; offset < length; ++offset) {
      if ((byte(offset) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace hawser
