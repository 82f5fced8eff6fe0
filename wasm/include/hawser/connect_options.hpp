#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <hawser/web_socket_options.hpp>

namespace hawser {

/// What happens to a received message if no receiver is waiting and the inbox is full.
enum class WhenInboxFull : std::uint8_t {
  /// The connection ends with `Error::inbox_overflow`. Messages in the inbox can still be received.
  ///
  /// A `Session` then stops, unless `SessionHandlers::decide_reconnect` decides otherwise.
  close,
  /// The oldest messages are dropped.
  ///
  /// `Connection::inbox_dropped` or `SessionCounters::inbox_dropped` counts them.
  drop_oldest,
};

/// The options of `connect` and `Connection::open`.
struct ConnectOptions {
  /// The subprotocols to offer. See `WebSocketOptions::protocols`.
  std::vector<std::string> protocols = {};

  /// The deadline for opening the connection. See `WebSocketOptions::connect_timeout`.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);

  /// The deadline for closing the connection. See `WebSocketOptions::close_timeout`.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);

  /// How long closing may take while messages are queued. See `WebSocketOptions::drain_timeout`.
  std::chrono::milliseconds drain_timeout = std::chrono::minutes(1);

  /// Cancels the attempt to connect, with `Error::cancelled`.
  ///
  /// Once the connection is open, a stop request has no effect.
  std::stop_token stop = {};

  /// The number of queued bytes at which `send` starts to wait.
  ///
  /// Bytes stay queued until the browser hands them to the network. A message is never split, so
  /// the last one may exceed the mark. With 0 or 1, each message waits until the queue is empty.
  std::uint64_t high_water_mark = 65'536;

  /// The number of queued bytes at which a waiting `send` continues.
  ///
  /// It continues when at most this many bytes are queued, and fewer than `high_water_mark`.
  std::uint64_t low_water_mark = 65'536;

  /// The largest message to accept, in bytes. See `WebSocketOptions::max_message_size`.
  std::size_t max_message_size = 64 << 20;

  /// The capacity of the inbox, in bytes of payload.
  ///
  /// The inbox holds the messages that arrive while no receiver is waiting. It always has room for
  /// one message, whatever its size.
  std::size_t max_inbox_bytes = 16 << 20;

  /// The capacity of the inbox, in messages.
  std::size_t max_inbox_messages = 65'536;

  /// What happens when the inbox is full.
  WhenInboxFull when_inbox_full = WhenInboxFull::close;
};

}  // namespace hawser
