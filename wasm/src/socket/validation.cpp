#include "validation.hpp"

#include <hawser/web_socket_options.hpp>

#include "ascii.hpp"
#include "utf8.hpp"

namespace hawser {

namespace {

using detail::starts_with_ignoring_case;

/// Characters that no URL may contain unencoded (RFC 3986 §2). Engines strip, encode or replace
/// some of these, each in its own way.
constexpr bool is_forbidden_in_url(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '\\' || c == '#';
}

/// The index of the "//" before the authority in a ws: or wss: URL. 0 for any other scheme.
std::size_t scheme_size(std::string_view url) noexcept {
  if (starts_with_ignoring_case(url, "ws://")) return 5;
  if (starts_with_ignoring_case(url, "wss://")) return 6;
  return 0;
}

/// Whether the text up to the first "/" or "?" is `[user@]host[:port]`, with a host that is not
/// empty and a port that is empty or at most 65535. A colon in brackets belongs to an IPv6 address.
bool starts_with_authority(std::string_view text) noexcept {
  bool is_in_brackets = false;
  bool is_in_port = false;
  bool is_port_valid = true;
  std::size_t host_size = 0;
  std::uint32_t port = 0;
  for (const char c : text) {
    if (c == '/' || c == '?') break;
    if (c == '@') {
      is_in_port = is_in_brackets = false;  // what looked like host and port was user and password
      is_port_valid = true;
      host_size = port = 0;
    } else if (is_in_port) {
      port = port * 10 + static_cast<std::uint32_t>(c - '0');
      is_port_valid = is_port_valid && c >= '0' && c <= '9' && port <= 65'535;
    } else if (c == ':' && !is_in_brackets) {
      is_in_port = true;
    } else {
      is_in_brackets = c == '[' || (is_in_brackets && c != ']');
      ++host_size;
    }
  }
  return host_size > 0 && is_port_valid;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && starts_with_ignoring_case(a, b);
}

}  // namespace

std::optional<Error> check_url(std::string_view url) noexcept {
  if (url.size() > max_url_size) return Error::url_too_long;
  for (const char c : url) {
    if (is_forbidden_in_url(c)) return Error::invalid_url;
  }
  const auto authority = scheme_size(url);
  if (authority == 0 || !is_utf8(url)) return Error::invalid_url;
  url.remove_prefix(authority);
  if (!starts_with_authority(url)) return Error::invalid_url;
  return std::nullopt;
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (c <= ' ' || c >= '\x7f') return false;
    // A loop takes less code here than strchr.
    for (const char separator : std::string_view("()<>@,;:\\\"/[]?={}")) {
      if (c == separator) return false;
    }
  }
  return !text.empty();
}

std::optional<Error> check_protocols(const std::vector<std::string>& protocols) noexcept {
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    if (!is_token(protocols[i])) return Error::invalid_protocol;
    for (std::size_t j = 0; j < i; ++j) {
      if (equals_ignoring_case(protocols[i], protocols[j])) return Error::invalid_protocol;
    }
  }
  return std::nullopt;
}

}  // namespace hawser
