#pragma once

#include <cstddef>
#include <string_view>

namespace hawser::detail {

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Ignores the case of ASCII letters. Takes references to keep its calls small, like `is_utf8`.
constexpr bool starts_with_ignoring_case(const std::string_view& text,
                                         const std::string_view& prefix) noexcept {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (to_lower(text[i]) != to_lower(prefix[i])) return false;
  }
  return true;
}

}  // namespace hawser::detail
