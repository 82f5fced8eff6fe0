#pragma once

#include <cstddef>
#include <optional>

#include <hawser/close.hpp>
#include <hawser/error.hpp>

namespace hawser {

/// Why `receive` returned no message.
struct ReceiveError {
  /// What went wrong.
  ///
  /// If the connection has ended, this is `CloseEvent::error`, or `closed` if that is empty. `end`
  /// is then set.
  ///
  /// Otherwise, it is `timed_out`, `cancelled`, `destroyed`, `would_block` (`try_receive`),
  /// `buffer_too_small` (`receive_into`), `unexpected_text` (`ByteStream`), `no_connection` or
  /// `wrong_thread`.
  Error error;

  /// How the connection ended. Empty if it has not.
  std::optional<CloseEvent> end = std::nullopt;

  /// The size of the message, in bytes, if `error` is `buffer_too_small`. Otherwise 0.
  std::size_t message_size = 0;
};

/// Return the name and the description of the error, as for an `Error`.
inline const char* name(const ReceiveError& failure) noexcept { return name(failure.error); }
inline const char* describe(const ReceiveError& failure) noexcept {
  return describe(failure.error);
}

}  // namespace hawser
