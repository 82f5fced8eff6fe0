#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::pages {

/// Splits a list that JavaScript has joined, because passing text takes less code than passing an
/// array. Empty text is an empty list.
inline std::vector<std::string> split(std::string_view joined, char separator) {
  std::vector<std::string> parts;
  if (joined.empty()) return parts;
  for (;;) {
    std::size_t end = 0;  // a loop, because it takes less code than find
    while (end < joined.size() && joined[end] != separator) ++end;
    parts.emplace_back(joined.substr(0, end));
    if (end == joined.size()) return parts;
    joined.remove_prefix(end + 1);
  }
}

}  // namespace hawser::pages
