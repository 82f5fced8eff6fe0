#pragma once

// A second, independent implementation of the validation rules. It follows the standards and not
// wasm/src/socket/validation.cpp, and works one character at a time without tables: slow but right.
// The model and the fuzzers compare the library with it.

#include <hawser/close.hpp>
#include <hawser/web_socket.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oracle {

/// The code points of `text`, or none if it is not UTF-8 (RFC 3629 §3). It decodes first, and then
/// checks the values.
inline std::optional<std::vector<char32_t>> decode(std::string_view text) {
  std::vector<char32_t> points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    int ones = 0;
    while (ones < 8 && (lead >> (7 - ones) & 1) == 1) ++ones;
    if (ones == 1 || ones > 4) return std::nullopt;
    char32_t point = ones == 0 ? lead : lead & (0x7Fu >> ones);
    for (int more = 1; more < ones; ++more) {
      if (i == text.size()) return std::nullopt;
      const auto byte = static_cast<unsigned char>(text[i++]);
      if (byte >> 6 != 2) return std::nullopt;
      point = point * 64 + byte % 64;
    }
    const int shortest = point < 0x80 ? 0 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (ones != shortest) return std::nullopt;
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return std::nullopt;
    points.push_back(point);
  }
  return points;
}

inline bool is_utf8(std::string_view text) { return decode(text).has_value(); }

/// RFC 2616 §2.2: any CHAR except CTLs or separators, and at least one.
inline bool is_token(std::string_view text) {
  const std::string_view separators = "()<>@,;:\\\"/[]?={} \t";
  const auto is_allowed = [&](char c) {
    return c > 31 && c < 127 && separators.find(c) == std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, is_allowed);
}

inline std::string in_lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

/// RFC 6455 §4.1 point 10: tokens, all different.
inline std::optional<hawser::Error> refuse_protocols(std::span<const std::string> protocols) {
  std::vector<std::string> names;
  for (const auto& protocol : protocols) {
    if (!is_token(protocol)) return hawser::Error::invalid_protocol;
    names.push_back(in_lower_case(protocol));
  }
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) != names.end()) return hawser::Error::invalid_protocol;
  return std::nullopt;
}

/// WHATWG WebSockets §3.1, `close`, which also checks the code first.
inline std::optional<hawser::Error> refuse_close(int code, std::string_view reason) {
  const bool is_allowed = code == 1000 || (3000 <= code && code <= 4999);
  if (!is_allowed) return hawser::Error::invalid_close_code;
  if (reason.size() > 123) return hawser::Error::close_reason_too_long;
  if (!is_utf8(reason)) return hawser::Error::invalid_utf8;
  return std::nullopt;
}

}  // namespace oracle
