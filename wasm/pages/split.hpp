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
    std::size_t end = 0;  // a loop instead of find, which is more code than all of this
    while (end < joined.size() && joined[end] != separator) ++end;
    parts.emplace_back(joined.substr(0, end));
    if (end == joined.size()) return parts;
    joined.remove_prefix(end + 1);
  }
}

}  // namespace hawser::pages
