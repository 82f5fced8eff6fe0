#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <hawser/options.hpp>

namespace hawser {

/// What becomes of a message that nobody waits for when the inbox has no room for it.
enum class WhenInboxFull : std::uint8_t {
  close,        ///< The connection ends with `Error::inbox_overflow`; what is in the inbox can still be received.
  drop_oldest,  ///< The oldest messages go, and `Connection::dropped_messages` counts them.
};

struct ConnectOptions {
  /// As in `Options`.
  std::vector<std::string> protocols = {};

  /// As in `Options`.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds drain_timeout = std::chrono::minutes(1);

  /// A stop request before the connection is open gives it up with `Error::cancelled`. Afterwards it has no effect.
  std::stop_token stop = {};

  /// Bytes that may wait to be handed to the network. With `high_water_mark` or more, `send` waits; it goes on with
  /// fewer than that, and no more than `low_water_mark`. A message goes as a whole, so that the last one may go beyond.
  /// With a high mark of 0 or 1, each message waits until nothing else does.
  std::uint64_t high_water_mark = 65'536;
  std::uint64_t low_water_mark = 65'536;

  /// As in `Options`.
  std::size_t max_message_size = 64 << 20;

  /// How much payload may wait in the inbox, where messages go that nobody waits for. One message always may.
  std::size_t max_inbox_bytes = 16 << 20;
  std::size_t max_inbox_messages = 65'536;
  WhenInboxFull when_inbox_full = WhenInboxFull::close;
};

}  // namespace hawser
