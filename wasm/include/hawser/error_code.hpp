#pragma once

#include <string>
#include <system_error>
#include <type_traits>

#include <hawser/error.hpp>

// Converts `hawser::Error` to `std::error_code`, for programs that report all errors that way.
//
//     #include <hawser/error_code.hpp>
//
//     std::error_code failure = hawser::Error::connection_lost;
//     log(failure.category().name(), failure.value(), failure.message());
//     if (failure == std::errc::timed_out) retry();

namespace hawser {

namespace detail {

/// The class behind `error_category`.
class ErrorCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "hawser"; }

  std::string message(int value) const override { return describe(static_cast<Error>(value)); }

  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<Error>(value)) {
      case Error::timed_out:
      case Error::connection_timed_out: return std::errc::timed_out;
      case Error::cancelled: return std::errc::operation_canceled;
      case Error::would_block: return std::errc::operation_would_block;
      case Error::connection_lost: return std::errc::connection_reset;
      case Error::aborted: return std::errc::connection_aborted;
      case Error::still_connecting:
      case Error::already_closed:
      case Error::no_connection: return std::errc::not_connected;
      case Error::out_of_memory: return std::errc::not_enough_memory;
      case Error::message_too_large: return std::errc::message_size;
      default: return {value, *this};
    }
  }
};

inline constinit const ErrorCategory error_category_of_hawser;

}  // namespace detail

/// Returns the category of hawser's errors. Its name is "hawser".
///
/// Its messages are those of `describe`. The category lives as long as the program.
inline const std::error_category& error_category() noexcept {
  return detail::error_category_of_hawser;
}

/// Converts an error to a code of `error_category` with the same number.
///
/// A code compares equal to the `std::errc` with the same meaning: `timed_out`,
/// `operation_canceled`, `operation_would_block`, `connection_reset`, `connection_aborted`,
/// `not_connected`, `not_enough_memory`, `message_size`.
inline std::error_code make_error_code(Error error) noexcept {
  return {static_cast<int>(error), error_category()};
}

}  // namespace hawser

/// Makes an `Error` convert to a `std::error_code` implicitly.
template <>
struct std::is_error_code_enum<hawser::Error> : std::true_type {};
