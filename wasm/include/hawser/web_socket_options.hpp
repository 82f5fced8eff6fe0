#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hawser/detail/platform.hpp>

namespace hawser {

/// The maximum size of a URL, in bytes of UTF-8.
///
/// Browsers accept even longer URLs, but differ in the limit. Servers rarely accept a quarter of
/// this.
inline constexpr std::size_t max_url_size = 65'536;

/// The close code that hawser sends when a received message is too large or the inbox is full.
///
/// It is in the range for applications. See `WebSocketOptions::max_message_size` and
/// `WhenInboxFull::close`.
inline constexpr std::uint16_t refused_message_code = 4009;

/// The options of `WebSocket::open`.
struct WebSocketOptions {
  /// The subprotocols to offer, in order of preference. None by default.
  ///
  /// Each is a token of visible ASCII characters without separators. No two may be equal, ignoring
  /// case. See https://www.rfc-editor.org/rfc/rfc6455#section-4.1.
  std::vector<std::string> protocols = {};

  /// The deadline for opening the connection, counted from `open`.
  ///
  /// It must be positive, or `open` returns `Error::invalid_timeout`. More than 24 days means no
  /// deadline. After the deadline, the connection ends with `Error::connection_timed_out`.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);

  /// The deadline for closing the connection, counted from `close`.
  ///
  /// It must be positive, or `open` returns `Error::invalid_timeout`. More than 24 days means no
  /// deadline. Without one, a browser may wait forever for a peer that does not answer.
  ///
  /// While messages sent before `close` are still queued, the deadline restarts, because the Close
  /// frame comes after them. `drain_timeout` limits that.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);

  /// How long queued messages may delay the close, counted from `close`.
  ///
  /// Zero or less means no longer than `close_timeout`. At 1 Mbit/s, a minute is enough for 7 MB.
  std::chrono::milliseconds drain_timeout = std::chrono::minutes(1);

  /// The largest message to accept, in bytes. For text, these are bytes of UTF-8.
  ///
  /// A larger message is refused before it takes any of the program's memory. The connection then
  /// ends with `Error::message_too_large`, and the peer gets `refused_message_code`.
  /// `WebSocket::on_value` ignores the limit, because its messages are never in the program's
  /// memory.
  std::size_t max_message_size = 64 << 20;
};

}  // namespace hawser
