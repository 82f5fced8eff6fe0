#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::pages {

/// The parts of a list that JavaScript has joined: text passes with less code than an array. Empty text is an
/// empty list.
inline std::vector<std::string> split(std::string_view joined, char separator) {
  std::vector<std::string> parts;
  if (joined.empty()) return parts;
  for (;;) {
    const auto end = joined.find(separator);
    parts.emplace_back(joined.substr(0, end));
    if (end == std::string_view::npos) return parts;
    joined.remove_prefix(end + 1);
  }
}

}  // namespace hawser::pages
