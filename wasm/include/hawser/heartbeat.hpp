#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <hawser/message.hpp>

namespace hawser {

/// A message that asks the peer for a sign of life: text or bytes.
struct Ping {
  /// An empty text message. In `HeartbeatOptions`, it means no ping.
  Ping() = default;

  /// A text message. It must be valid UTF-8.
  Ping(std::string text) : data(std::move(text)) {}
  Ping(std::string_view text) : data(text) {}
  Ping(const char* text) : data(text) {}

  /// A binary message with a copy of these bytes.
  Ping(std::span<const std::byte> bytes)
      : data(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
        type(MessageType::binary) {}

  std::string data;                      ///< The payload. Text must be valid UTF-8.
  MessageType type = MessageType::text;  ///< Whether `data` is sent as text or as binary.
};

/// When a session pings a peer that has stopped sending.
///
/// Browsers give programs no access to ping frames
/// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2). So a ping is an ordinary message of your
/// protocol, and your server must answer it.
struct HeartbeatOptions {
  /// How long to wait for a message before pinging the peer. Zero or less disables the heartbeat.
  ///
  /// Many proxies drop a connection that is idle for a minute. Two pings at 25 s intervals fit into
  /// that.
  std::chrono::milliseconds interval = std::chrono::seconds(25);

  /// How long to wait for a message after a ping before the connection counts as dead.
  ///
  /// Zero or less means forever: pings then only keep the connection from looking idle. Ten seconds
  /// is many round trips, even by satellite, and enough for TCP to send a lost packet a third time.
  std::chrono::milliseconds deadline = std::chrono::seconds(10);

  /// The message to send. If it is empty and `SessionHandlers::make_ping` is not set, the heartbeat
  /// is disabled.
  Ping ping = {};
};

}  // namespace hawser
