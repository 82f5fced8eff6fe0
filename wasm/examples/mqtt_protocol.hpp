#pragma once

// Reads and writes the packets of MQTT 3.1.1
// (https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html) that a client needs to publish
// and subscribe with QoS 0 and 1. It does no I/O.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// Whether a message is delivered at most once, or at least once.
enum class MqttQos : std::uint8_t { at_most_once = 0, at_least_once = 1 };

struct MqttMessage {
  std::string topic;
  std::string payload;
  MqttQos qos = MqttQos::at_most_once;
  bool is_retained = false;   // it was published before the subscription began
  bool is_duplicate = false;  // DUP: it may have arrived before
};

/// The packet types of MQTT's table 2.1.
enum class MqttType : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
};

/// A packet from the server.
struct MqttPacket {
  MqttType type;
  std::uint16_t id = 0;             // of publish with QoS 1, and of acknowledgements
  std::uint8_t code = 0;            // of connack and suback
  bool is_session_present = false;  // of connack
  MqttMessage message = {};         // of publish
};

inline constexpr std::size_t mqtt_max_remaining_length = 268'435'455;

/// Writes a two-byte number, and text or bytes preceded by their size (§1.5).
inline std::string mqtt_number(std::uint16_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}
inline std::string mqtt_text(std::string_view text) {
  return mqtt_number(static_cast<std::uint16_t>(text.size())).append(text);
}

/// Writes a packet (§2).
inline std::string mqtt_packet(MqttType type, unsigned flags, std::string_view body) {
  std::string packet{static_cast<char>((static_cast<unsigned>(type) << 4) | flags)};
  auto length = body.size();
  do {
    packet += static_cast<char>((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
    length >>= 7;
  } while (length > 0);
  return packet.append(body);
}

/// Writes a publish packet (§3.3). `id` is used with QoS 1 only.
inline std::string mqtt_publish(const MqttMessage& message, std::uint16_t id) {
  const auto flags = (message.is_duplicate ? 8U : 0U) | (static_cast<unsigned>(message.qos) << 1) |
                     (message.is_retained ? 1U : 0U);
  const auto its_id = message.qos == MqttQos::at_least_once ? mqtt_number(id) : "";
  return mqtt_packet(MqttType::publish, flags, mqtt_text(message.topic) + its_id + message.payload);
}

/// Whether `topic` can be published to (§4.7): no wildcards, no U+0000, at most 65,535 bytes.
inline bool is_mqtt_topic(std::string_view topic) {
  return !topic.empty() && topic.size() <= 0xffff &&
         topic.find_first_of(std::string_view("+#\0", 3)) == topic.npos;
}

/// Whether `filter` can be subscribed to: + stands for one whole level, and # at the end for all
/// remaining levels (§4.7.1).
inline bool is_mqtt_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > 0xffff || filter.contains('\0')) return false;
  while (true) {
    const auto level = filter.substr(0, filter.find('/'));
    const bool is_last = level.size() == filter.size();
    if (level.find_first_of("+#") != level.npos && level.size() > 1) return false;
    if (level == "#" && !is_last) return false;
    if (is_last) return true;
    filter.remove_prefix(level.size() + 1);
  }
}

/// Whether a message to `topic` matches `filter` (§4.7).
inline bool mqtt_matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && !filter.starts_with('$')) return false;
  while (true) {
    const auto wanted = filter.substr(0, filter.find('/'));
    const auto level = topic.substr(0, topic.find('/'));
    if (wanted == "#") return true;
    if (wanted != "+" && wanted != level) return false;
    const bool is_filter_over = wanted.size() == filter.size();
    const bool is_topic_over = level.size() == topic.size();
    if (is_topic_over) return is_filter_over || filter.substr(wanted.size()) == "/#";
    if (is_filter_over) return false;
    filter.remove_prefix(wanted.size() + 1);
    topic.remove_prefix(level.size() + 1);
  }
}

/// Parses the server's bytes, which arrive in pieces of any size, into packets.
class MqttParser {
 public:
  /// The largest packet to accept. MQTT's own limit is 256 MiB.
  static constexpr std::size_t max_size = 64 << 20;

  void feed(std::string_view bytes) {
    unread_.erase(0, begin_);
    begin_ = 0;
    unread_ += bytes;
  }

  /// Returns the next packet if it is complete. Returns an error, as a sentence, if the bytes are
  /// not MQTT. No packet can be found after that.
  std::expected<std::optional<MqttPacket>, std::string> next() {
    const std::string_view unread = std::string_view(unread_).substr(begin_);
    std::size_t length = 0;
    std::size_t header = 1;
    for (unsigned byte = 0x80; byte & 0x80; ++header) {
      if (header > 4) return refuse("a remaining length of more than four bytes");
      if (header >= unread.size()) return std::nullopt;
      byte = static_cast<unsigned char>(unread[header]);
      length |= static_cast<std::size_t>(byte & 0x7f) << (7 * (header - 1));
    }
    const auto first = static_cast<unsigned char>(unread[0]);
    if (length > most(first >> 4))
      return refuse("a packet of type " + std::to_string(first >> 4) + " that is too large");
    if (unread.size() - header < length) return std::nullopt;
    begin_ += header + length;
    return parse(first, unread.substr(header, length));
  }

 private:
  /// The largest body that a packet of this type can have. If it announces more, there is no point
  /// in waiting for it.
  static std::size_t most(int type) {
    switch (static_cast<MqttType>(type)) {
      case MqttType::publish: return max_size;
      case MqttType::suback: return 3;  // because the client subscribes to one filter at a time
      default: return 2;
    }
  }

  static std::expected<std::optional<MqttPacket>, std::string> parse(unsigned first,
                                                                     std::string_view body) {
    const auto type = static_cast<MqttType>(first >> 4);
    const auto flags = first & 0xf;
    const auto wrong = [&](const char* what) {
      return refuse(what + (" of type " + std::to_string(first >> 4)));
    };
    if (type == MqttType::publish) return parse_publish(flags, body);
    if (flags != 0) return wrong("flags that are not allowed in a packet");
    MqttPacket packet{type};
    switch (type) {
      case MqttType::pingresp:
        if (!body.empty()) return wrong("a packet with a wrong size");
        return packet;
      case MqttType::connack:
        if (body.size() != 2 || number_at(body, 0) > 0x1ff) return wrong("a malformed packet");
        packet.is_session_present = body[0] == 1;
        packet.code = static_cast<std::uint8_t>(body[1]);
        return packet;
      case MqttType::puback:
      case MqttType::unsuback:
      case MqttType::suback:
        if (body.size() != (type == MqttType::suback ? 3 : 2))
          return wrong("a packet with a wrong size");
        packet.id = number_at(body, 0);
        if (type == MqttType::suback) packet.code = static_cast<std::uint8_t>(body[2]);
        return packet;
      default: return wrong("a packet that a client of QoS 0 and 1 does not expect,");
    }
  }

  static std::expected<std::optional<MqttPacket>, std::string> parse_publish(
      unsigned flags, std::string_view body) {
    const auto qos = (flags >> 1) & 3;
    if (qos > 1)
      return refuse("a message with QoS " + std::to_string(qos) + ", which was not asked for");
    if (body.size() < 2) return refuse("a message without a topic");
    const std::size_t topic = number_at(body, 0);
    const std::size_t header = 2 + topic + (qos == 1 ? 2 : 0);
    if (topic == 0 || body.size() < header)
      return refuse("a message whose topic does not fit into it");
    MqttPacket packet{MqttType::publish};
    if (qos == 1) packet.id = number_at(body, 2 + topic);
    if (qos == 1 && packet.id == 0) return refuse("a message with the number 0");
    packet.message = {.topic = std::string(body.substr(2, topic)),
                      .payload = std::string(body.substr(header)),
                      .qos = static_cast<MqttQos>(qos),
                      .is_retained = (flags & 1) != 0,
                      .is_duplicate = (flags & 8) != 0};
    return packet;
  }

  static std::uint16_t number_at(std::string_view body, std::size_t at) {
    return static_cast<std::uint16_t>((static_cast<unsigned char>(body[at]) << 8) |
                                      static_cast<unsigned char>(body[at + 1]));
  }

  static std::unexpected<std::string> refuse(const std::string& what) {
    return std::unexpected("The server does not speak MQTT 3.1.1: it sent " + what + ".");
  }

  std::string unread_;
  std::size_t begin_ = 0;  // the first byte that has not been parsed
};
