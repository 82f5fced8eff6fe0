#pragma once

#include <cstddef>
#include <optional>

#include <hawser/close.hpp>
#include <hawser/error.hpp>

namespace hawser {

/// Why there is no message.
struct ReceiveError {
  /// `timed_out`, `cancelled`, `destroyed`, `buffer_too_small`, `unexpected_text`, `no_connection`; or, with `end`, how
  /// the connection ended: `closed` by a closing handshake, any other by an error.
  Error error;

  /// How the connection ended, if that is why.
  std::optional<CloseEvent> end = std::nullopt;

  /// The bytes of the message for which the buffer was too small.
  std::size_t message_size = 0;
};

}  // namespace hawser
