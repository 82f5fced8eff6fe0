// Replaces the library's checks in the module for sessions, where js/ has already checked most: it
// has resolved URLs with the browser's own parser and has checked subprotocols, and its text
// encoder never writes invalid UTF-8.

#include "../src/socket/validation.hpp"

#include <hawser/web_socket_options.hpp>

#include "../src/socket/utf8.hpp"

namespace hawser {

std::optional<Error> check_url(std::string_view url) noexcept {
  if (url.size() > max_url_size) return Error::url_too_long;
  // The URL parser allows a backslash in a query, but engines disagree about it.
  for (const char c : url) {
    if (c == '\\') return Error::invalid_url;
  }
  // For a URL that it rejects, js/session_endpoints.js passes one with another scheme.
  return url.starts_with("ws") ? std::nullopt : std::optional(Error::invalid_url);
}

std::optional<Error> check_protocols(const std::vector<std::string>& protocols) noexcept {
  // For subprotocols that it rejects, js/session_endpoints.js passes a question mark.
  return !protocols.empty() && protocols.front() == "?" ? std::optional(Error::invalid_protocol)
                                                        : std::nullopt;
}

bool is_utf8(const std::string_view&) noexcept { return true; }

}  // namespace hawser
