#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Returns a member of a JSON object, as JSON. Empty if the object does not have it.
inline std::string_view json_member(std::string_view object, std::string_view name) {
  int depth = 0;
  std::size_t begin = 0;  // start of the string, or of the value
  std::string_view key;
  for (std::size_t i = 0; i < object.size(); ++i) {
    const char c = object[i];
    if (c == '"') {
      begin = key.empty() ? i + 1 : begin;
      const auto start = i + 1;
      for (++i; i < object.size() && object[i] != '"'; ++i) i += object[i] == '\\';
      if (depth == 1 && key.empty()) key = object.substr(start, i - start);
    } else if (c == ':' && depth == 1) {
      begin = i + 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == ',' || c == '}' || c == ']') {
      if (depth == 1 && key == name) return object.substr(begin, i - begin);
      if (depth == 1) key = {};
      depth -= c != ',';
    }
  }
  return {};
}

/// Returns `text` as a JSON string.
inline std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= ' ') {
      quoted += c;
    } else {
      constexpr auto digits = "0123456789abcdef";
      quoted += {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    }
  }
  return quoted + '"';
}
