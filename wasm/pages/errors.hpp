#pragma once

#include <hawser/error.hpp>

#include <expected>
#include <string_view>
#include <utility>

// Both modules report errors to js/ as numbers, 0 for none. JavaScript asks for an error's text and
// exception when it needs them.

namespace hawser::pages {

constexpr int to_number(Error error) { return std::to_underlying(error); }

constexpr int to_number(const std::expected<void, Error>& result) {
  return result ? 0 : to_number(result.error());
}

/// Whether the connection is closing or closed. In that case, the standard's class drops messages
/// and ignores `close`.
constexpr bool is_over(Error error) {
  return error == Error::already_closing || error == Error::already_closed;
}

/// The name of the DOMException that JavaScript throws.
constexpr std::string_view exception_name(Error error) {
  switch (error) {
    case Error::invalid_url:
    case Error::invalid_protocol:
    case Error::close_reason_too_long: return "SyntaxError";
    case Error::blocked: return "SecurityError";
    case Error::invalid_close_code: return "InvalidAccessError";
    case Error::still_connecting:
    case Error::already_closing:
    case Error::already_closed:
    case Error::no_connection: return "InvalidStateError";
    case Error::outbox_full: return "QuotaExceededError";
    case Error::id_conflict: return "ConstraintError";
    default: return "OperationError";
  }
}

}  // namespace hawser::pages
