// What the module for sessions takes from js/ without another check: it has resolved URLs with the browser's own parser, it
// has checked subprotocols, and text comes from an encoder, which writes no invalid UTF-8.

#include "../src/socket/validation.hpp"

#include <hawser/web_socket_options.hpp>

#include "../src/socket/utf8.hpp"

namespace hawser {

std::optional<Error> check_url(std::string_view url) noexcept {
  if (url.size() > max_url_size) return Error::url_too_long;
  // The URL parser leaves a backslash in a query, and engines disagree about it.
  for (const char c : url) {
    if (c == '\\') return Error::invalid_url;
  }
  // js/session_endpoints.js has another scheme for a URL that it refuses.
  return url.starts_with("ws") ? std::nullopt : std::optional(Error::invalid_url);
}

std::optional<Error> check_protocols(const std::vector<std::string>& protocols) noexcept {
  // js/session_endpoints.js has a question mark for subprotocols that it refuses.
  return !protocols.empty() && protocols.front() == "?" ? std::optional(Error::invalid_protocol) : std::nullopt;
}

bool is_utf8(const std::string_view&) noexcept { return true; }

}  // namespace hawser
