#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hawser {

/// Bytes of UTF-8 that a URL may have. Browsers differ in how much more they would take; servers rarely
/// take a quarter of it.
inline constexpr std::size_t max_url_size = 65'536;

/// The close code, from the range that applications have, of a connection that hawser ends for a message that is too
/// large or for which there is no room.
inline constexpr std::uint16_t refused_message_code = 4009;

struct Options {
  /// The subprotocols to offer, the best first; none by default. Each is a token of visible ASCII characters
  /// (RFC 6455 §4.1), none twice, whatever its case.
  std::vector<std::string> protocols = {};

  /// Until when the connection must be open, counted from `open`. More than zero; more than 24 days are
  /// no deadline.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);

  /// Until when the connection must be closed, counted from `close`. More than zero; more than 24 days are
  /// no deadline. A browser on its own may wait for ever for a peer that does not answer.
  ///
  /// It starts again as long as messages that were sent before `close` are queued: the Close frame comes after them.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);

  /// How long closing may take because of that, counted from `close`. Zero or less: no longer than `close_timeout`. In
  /// a minute, 7 MB go out at 1 Mbit/s.
  std::chrono::milliseconds drain_timeout = std::chrono::minutes(1);

  /// Bytes of one message; those of text are of its UTF-8. A larger message is refused before it takes the program's
  /// memory, and the connection ends with `Error::message_too_large` and `refused_message_code`. It does not apply to
  /// `WebSocket::on_value`, whose messages are never in the program's memory.
  std::size_t max_message_size = 64 << 20;
};

}  // namespace hawser
