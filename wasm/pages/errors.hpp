#pragma once

#include <hawser/error.hpp>

#include <expected>
#include <string_view>
#include <utility>

// How both modules report errors to js/: as a number, 0 for none, of which JavaScript asks the text and the exception.

namespace hawser::pages {

constexpr int to_number(Error error) { return std::to_underlying(error); }

constexpr int to_number(const std::expected<void, Error>& result) { return result ? 0 : to_number(result.error()); }

/// Whether the connection is closing, or closed. The standard's class then drops a message, and ignores a `close`.
constexpr bool is_over(Error error) { return error == Error::already_closing || error == Error::already_closed; }

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
