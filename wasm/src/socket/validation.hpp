#pragma once

// What hawser refuses before the browser sees it, so that every engine refuses the same.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <hawser/error.hpp>

namespace hawser {

/// Whether `text` is well-formed UTF-8 (Unicode §3.9, table 3-7): no overlong form, no surrogate.
bool is_utf8(std::string_view text) noexcept;

/// Empty, or why `url` cannot be connected to. It stops what engines disagree about. Only which text is a host is left
/// to their URL parser (WHATWG URL §3.5): what it refuses, such as a malformed IPv6 address, ends as `invalid_url` too.
std::optional<Error> check_url(std::string_view url) noexcept;

/// Whether each of `protocols` is a token (RFC 6455 §4.1): visible ASCII without separators.
bool are_tokens(std::span<const std::string> protocols) noexcept;

/// Empty, or why `protocols` cannot be offered.
std::optional<Error> check_protocols(std::span<const std::string> protocols) noexcept;

/// Empty, or why an app cannot close with `code` and `reason`.
std::optional<Error> check_close(int code, std::string_view reason) noexcept;

}  // namespace hawser
