#pragma once

#include <optional>

#include <hawser/error.hpp>

namespace hawser::detail {

/// An error, or none. Like a `std::optional<Error>`, but only one byte: WebAssembly passes this in
/// a register, and a `std::optional` in memory.
class MaybeError {
 public:
  constexpr MaybeError() noexcept = default;
  constexpr MaybeError(std::nullopt_t) noexcept {}
  constexpr MaybeError(Error error) noexcept : error_(error) {}
  constexpr MaybeError(std::optional<Error> error) noexcept : error_(error.value_or(none)) {}

  constexpr operator std::optional<Error>() const noexcept {
    return error_ == none ? std::nullopt : std::optional(error_);
  }
  constexpr explicit operator bool() const noexcept { return error_ != none; }
  constexpr Error operator*() const noexcept { return error_; }
  constexpr Error value_or(Error other) const noexcept { return error_ == none ? other : error_; }

 private:
  static constexpr Error none{};  // no enumerator
  Error error_ = none;
};

}  // namespace hawser::detail
