#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <hawser/message.hpp>

namespace hawser {

/// The message that asks a silent peer whether it is still there: text, or bytes.
struct Ping {
  Ping() = default;
  Ping(std::string text) : data(std::move(text)) {}
  Ping(std::string_view text) : data(text) {}
  Ping(const char* text) : data(text) {}
  Ping(std::span<const std::byte> bytes)
      : data(reinterpret_cast<const char*>(bytes.data()), bytes.size()), type(MessageType::binary) {}

  std::string data;  ///< Text must be valid UTF-8.
  MessageType type = MessageType::text;
};

/// When to ask a silent peer whether it is still there. Browsers let no program send a ping frame (RFC 6455 §5.5.2) nor
/// see one, so that a ping is a message of the application's own, which its server answers.
struct HeartbeatOptions {
  /// How long the peer may be silent before it is pinged; zero or less: never. Many proxies give up a connection after
  /// a minute of silence, in which two pings of 25 s fit.
  std::chrono::milliseconds interval = std::chrono::seconds(25);

  /// How long after a ping the peer may stay silent before the connection counts as dead; zero or less: for ever, so
  /// that pings only keep a connection from looking idle. Ten seconds are many round trips, also over a satellite, and
  /// what TCP needs to send a lost packet for the third time.
  std::chrono::milliseconds deadline = std::chrono::seconds(10);

  /// The message that asks. Without one, and without `make_ping`, the peer is never asked.
  Ping ping = {};
};

}  // namespace hawser
