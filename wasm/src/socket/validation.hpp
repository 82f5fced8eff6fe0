#pragma once

// The checks that hawser makes before the browser does, so that every engine refuses the same
// input.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hawser/error.hpp>

namespace hawser {

/// Returns why `url` is refused, or nothing. Refuses URLs that engines disagree about. Only the
/// host is left to the engine's URL parser (https://url.spec.whatwg.org/#host-parsing). If that
/// refuses the host, such as a malformed IPv6 address, the error is also `invalid_url`.
std::optional<Error> check_url(std::string_view url) noexcept;

/// Whether `text` is a token, as each subprotocol must be (RFC 6455 §4.1 point 10): visible ASCII
/// without the separators of RFC 2616 §2.2.
bool is_token(std::string_view text) noexcept;

/// Returns why `protocols` can't be offered, or nothing.
std::optional<Error> check_protocols(const std::vector<std::string>& protocols) noexcept;

/// Returns why an app can't close with `code` and `reason`, or nothing.
std::optional<Error> check_close(int code, std::string_view reason) noexcept;

}  // namespace hawser
