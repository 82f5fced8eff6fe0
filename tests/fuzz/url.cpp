// Fuzzes hawser's check of URLs by the promises that hold for every answer. Which URLs are valid is
// checked by oracle.mjs, with Node's WHATWG URL parser; this finds inputs for it.

#include <hawser/web_socket.hpp>

#include <algorithm>

#include "../../wasm/src/socket/validation.hpp"
#include "../model/oracle.hpp"
#include "input.hpp"

using fuzz::demand;
using hawser::Error;

namespace {

std::string in_upper_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return text;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string url(reinterpret_cast<const char*>(data), size);
  const auto refused = hawser::check_url(url);
  demand((refused == Error::url_too_long) == (size > hawser::max_url_size),
         "only the length makes a URL too long");
  if (refused) {
    demand(refused == Error::url_too_long || refused == Error::invalid_url,
           "a URL is either too long or invalid");
    return 0;
  }
  demand(oracle::is_utf8(url), "a URL is UTF-8");
  const std::string lower = oracle::in_lower_case(url.substr(0, 6));
  demand(lower.starts_with("ws://") || lower == "wss://", "a URL is an absolute ws: or wss: URL");
  const auto is_raw = [](char c) {
    return static_cast<unsigned char>(c) > 32 && c != 127 && c != '\\' && c != '#';
  };
  demand(std::ranges::all_of(url, is_raw),
         "a URL contains nothing that must be encoded, and no fragment");
  demand(!hawser::check_url(in_upper_case(url)), "case makes no difference");
  // Uses the maximum length only sometimes, since that is slow.
  if (size % 16 == 0) {
    const std::string longest = (url + '?').append(hawser::max_url_size - size - 1, 'a');
    demand(!hawser::check_url(longest), "a URL may be as long as the limit");
    demand(hawser::check_url(longest + 'a') == Error::url_too_long, "a URL may not be longer");
  }
  if (size < hawser::max_url_size)
    demand(!hawser::check_url(url + (url.contains('?') ? "&" : "?")), "a query is allowed");
  return 0;
}
