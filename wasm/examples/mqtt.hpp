#pragma once

// An MQTT 3.1.1 client for the WebSocket listener of a broker like mosquitto: publish and subscribe
// with QoS 0 and 1. It reconnects, and the broker keeps its session in between. To use it, copy it
// and the headers that it includes.
//
//     MqttClient mqtt("wss://example.org/mqtt", {.client_id = "sensor-7"});
//     co_await mqtt.subscribe("house/+/light", MqttQos::at_least_once, [](const MqttMessage& message) { show(message); });
//     co_await mqtt.publish("house/1/light", "on", MqttQos::at_least_once);
//
// A message with QoS 1 is kept until the broker has acknowledged it. After a reconnect, it is sent
// again, marked as a duplicate (DUP). It is kept in memory only, so it is lost when the page is
// closed. A message with QoS 0 may be lost with its connection. When a client is destroyed, waiting
// calls fail. Handlers must not destroy it.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <hawser/deadline.hpp>

#include "mqtt_protocol.hpp"
#include "reconnecting_stream.hpp"

class MqttClient {
 public:
  using Handler = std::function<void(const MqttMessage&)>;

  struct Options {
    /// The name of the session that the broker keeps. Two clients must not use the same name at the
    /// same time.
    std::string client_id = {};
    std::string user = {};
    std::string password = {};

    /// The client sends a ping at this interval, and drops the connection if the previous one has
    /// no answer. The broker drops it if it receives nothing for one and a half times as long.
    std::chrono::seconds keep_alive = std::chrono::seconds(30);

    /// The largest packet that the broker accepts, in bytes. MQTT 3.1.1 has no way to ask for this
    /// limit. A broker drops the connection when it gets a larger packet, and would do so again for
    /// each duplicate.
    std::size_t max_packet_size = mqtt_max_remaining_length;

    /// How many messages with QoS 1 may be unacknowledged.
    std::size_t max_unacknowledged = 1000;

    ReconnectingStream::Options stream = {};
  };

  MqttClient(std::string url, Options options)
      : options_(std::move(options)),
        stream_(std::move(url), stream_options(), [this] { return converse(); }) {}

  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;
  ~MqttClient() { fail_all(hawser::describe(hawser::Error::destroyed)); }

  /// Waits for a connection. Returns an error if there is none in time, or if retrying is
  /// pointless, as after a wrong password.
  auto connected(hawser::WaitOptions wait = {}) { return stream_.connected(std::move(wait)); }

  /// The number of connections that were accepted so far.
  std::uint64_t connections() const { return stream_.connections(); }

  /// How many messages were sent again because a connection was lost before their acknowledgement.
  std::uint64_t redelivered() const { return redelivered_; }

  /// How many messages with QoS 1 are unacknowledged.
  std::size_t unacknowledged() const { return outgoing_.size(); }

  /// Publishes a message. With QoS 0, it waits for a connection and sends the message. With QoS 1,
  /// it waits until the broker has acknowledged the message, on this or a later connection. If
  /// `is_retained`, the broker keeps the message for later subscribers.
  hawser::Task<Result<void>> publish(std::string topic, std::string payload, MqttQos qos,
                                     bool is_retained = false) {
    if (!is_mqtt_topic(topic))
      co_return std::unexpected("\"" + topic + "\" is not a topic that MQTT can publish to.");
    MqttMessage message{std::move(topic), std::move(payload), qos, is_retained};
    auto packet = mqtt_publish(message, 0);
    if (packet.size() > options_.max_packet_size) {
      co_return std::unexpected(
          "The payload is too large: its packet has " + std::to_string(packet.size()) +
          " bytes, and the broker takes at most " + std::to_string(options_.max_packet_size) + ".");
    }
    if (qos == MqttQos::at_most_once) {
      auto is_connected = co_await connected({.timeout = options_.stream.timeout});
      if (!is_connected) co_return is_connected;
      co_return co_await stream_.write(std::move(packet));
    }

    if (outgoing_.size() >= options_.max_unacknowledged)
      co_return std::unexpected("Too many messages are unacknowledged. Publish fewer at a time.");
    if (stream_.is_stopped()) co_return co_await connected();  // returns the reason
    const auto outgoing = std::make_shared<Outgoing>(next_id(), std::move(message));
    outgoing_[++last_outgoing_] = outgoing;
    // An error here doesn't concern the caller, because the next connection sends the message
    // again.
    if (stream_.is_connected()) (void)co_await send(*outgoing);
    (void)co_await outgoing->done.wait();
    co_return outgoing->result;
  }

  /// Calls `handler` for each message whose topic matches `filter`, once this function has
  /// returned. The broker delivers messages with at most `qos`.
  hawser::Task<Result<void>> subscribe(std::string filter, MqttQos qos, Handler handler) {
    if (!is_mqtt_filter(filter))
      co_return std::unexpected("\"" + filter + "\" is not a valid MQTT topic filter.");
    auto is_connected = co_await connected({.timeout = options_.stream.timeout});
    if (!is_connected) co_return is_connected;
    const auto subscription = std::make_shared<Subscription>(qos, std::move(handler));
    const auto replaced = std::exchange(subscriptions_[filter], subscription);
    if (replaced)
      end(*replaced, std::unexpected("A later subscription to the same filter replaced this one."));
    // If this connection is lost before the answer, the next one subscribes again.
    if (stream_.is_connected()) (void)co_await stream_.write(ask_for(filter, *subscription));
    (void)co_await subscription->answered.wait();
    co_return subscription->result;
  }

  /// Ends a subscription. Its handler is no longer called.
  hawser::Task<Result<void>> unsubscribe(std::string filter) {
    const auto ended = subscriptions_.extract(filter);
    if (!ended) co_return {};
    end(*ended.mapped(), std::unexpected("The subscription was ended."));
    auto is_connected = co_await connected({.timeout = options_.stream.timeout});
    if (!is_connected) co_return is_connected;
    co_return co_await stream_.write(
        mqtt_packet(MqttType::unsubscribe, 2, mqtt_number(next_id()) + mqtt_text(filter)));
  }

  /// Disconnects. The broker keeps the session. A closed client does not reconnect, and
  /// unacknowledged messages fail.
  hawser::Task<> close() {
    if (stream_.is_connected())
      (void)co_await stream_.write(mqtt_packet(MqttType::disconnect, 0, {}));
    co_await stream_.close();
  }

 private:
  /// A message with QoS 1 that is not acknowledged yet.
  struct Outgoing {
    std::uint16_t id;
    MqttMessage message;
    bool is_sent = false;  // on any connection
    hawser::Event done = {};
    Result<void> result = {};
  };

  struct Subscription {
    MqttQos qos;
    Handler handler;
    std::uint16_t id = 0;  // of the SUBSCRIBE packet
    hawser::Event answered = {};
    Result<void> result = {};
  };

  ReconnectingStream::Options stream_options() {
    auto options = options_.stream;
    options.protocols = {"mqtt"};  // §6
    options.on_stop = [this](const std::string& why) { fail_all(why); };
    return options;
  }

  /// Runs the protocol on one connection.
  hawser::Task<std::string> converse() {
    if (auto sent = co_await stream_.write(connect_packet()); !sent) co_return sent.error();
    MqttParser parser;
    is_pinged_ = false;
    hawser::Deadline deadline(
        options_.stream.timeout);  // for the greeting, and then for the next ping
    for (;;) {
      const bool was_connected = stream_.is_connected();
      const auto bytes = co_await stream_.read(deadline);
      if (!bytes) co_return bytes.error();
      parser.feed(*bytes);
      for (;;) {
        const auto packet = parser.next();
        if (!packet) co_return packet.error();
        if (!*packet) break;
        if (!stream_.is_connected() && (*packet)->type != MqttType::connack)
          co_return "The server does not speak MQTT 3.1.1: its first packet is not a CONNACK.";
        if (auto taken = co_await take(**packet); !taken) co_return taken.error();
      }
      if (!was_connected && stream_.is_connected())
        deadline = hawser::Deadline(options_.keep_alive);
      if (deadline.left().count() > 0) continue;
      // The client pings even while it receives messages, because pings show the broker that the
      // client is alive.
      if (!stream_.is_connected() || std::exchange(is_pinged_, true))
        co_return "The server has not answered in time.";
      deadline = hawser::Deadline(options_.keep_alive);
      if (auto sent = co_await stream_.write(mqtt_packet(MqttType::pingreq, 0, {})); !sent)
        co_return sent.error();
    }
  }

  /// Handles a packet. Returns an error if the connection cannot continue.
  hawser::Task<Result<void>> take(const MqttPacket& packet) {
    switch (packet.type) {
      case MqttType::connack: co_return co_await take_connack(packet);
      case MqttType::publish: co_return co_await take_message(packet);
      case MqttType::puback: take_puback(packet.id); break;
      case MqttType::suback: take_suback(packet); break;
      case MqttType::pingresp: is_pinged_ = false; break;
      default: break;
    }
    co_return {};
  }

  std::string connect_packet() const {
    const unsigned flags =
        (options_.user.empty() ? 0U : 0x80U) | (options_.password.empty() ? 0U : 0x40U);
    std::string body = mqtt_text("MQTT");
    body += '\x04';  // protocol level 4 is MQTT 3.1.1
    body +=
        static_cast<char>(flags);  // without "clean session", so that the broker keeps the session
    body += mqtt_number(static_cast<std::uint16_t>(options_.keep_alive.count())) +
            mqtt_text(options_.client_id);
    if (!options_.user.empty()) body += mqtt_text(options_.user);
    if (!options_.password.empty()) body += mqtt_text(options_.password);
    return mqtt_packet(MqttType::connect, 0, body);
  }

  hawser::Task<Result<void>> take_connack(const MqttPacket& packet) {
    if (stream_.is_connected())
      co_return std::unexpected("The server does not speak MQTT 3.1.1: it greeted twice.");
    if (packet.code != 0) {
      const auto why = refusal(packet.code);
      if (packet.code != 3) stream_.stop(why);  // any other code means that a retry would fail, too
      co_return std::unexpected(why);
    }
    // Subscribe first, so that no message is missed. Then resend messages that may have been lost.
    for (const auto& [filter, subscription] : std::map(subscriptions_)) {
      if (packet.is_session_present && subscription->answered.is_set()) continue;
      if (auto sent = co_await stream_.write(ask_for(filter, *subscription)); !sent) co_return sent;
    }
    for (auto next = outgoing_.begin(); next != outgoing_.end(); ++next) {
      const auto outgoing = next->second;
      redelivered_ += outgoing->is_sent;
      if (auto sent = co_await send(*outgoing); !sent) co_return sent;
    }
    stream_.opened();
    co_return {};
  }

  /// Return codes of CONNACK (§3.2.2.3).
  static std::string refusal(std::uint8_t code) {
    switch (code) {
      case 1: return "The server refuses this version of MQTT, 3.1.1.";
      case 2: return "The server refuses the client_id.";
      case 3: return "The server is unavailable.";
      case 4: return "The server refuses the user or the password.";
      case 5:
        return "The server refuses the client: it is not authorized. Check the user and the "
               "password.";
      default: return "The server refuses the client, with code " + std::to_string(code) + ".";
    }
  }

  hawser::Task<Result<void>> send(Outgoing& outgoing) {
    outgoing.message.is_duplicate = std::exchange(outgoing.is_sent, true);
    return stream_.write(mqtt_publish(outgoing.message, outgoing.id));
  }

  std::string ask_for(const std::string& filter, Subscription& subscription) {
    subscription.id = next_id();
    return mqtt_packet(
        MqttType::subscribe, 2,
        mqtt_number(subscription.id) + mqtt_text(filter) + static_cast<char>(subscription.qos));
  }

  hawser::Task<Result<void>> take_message(const MqttPacket& packet) {
    for (const auto& [filter, subscription] :
         std::map(subscriptions_)) {  // a copy, because a handler may change them
      if (mqtt_matches(filter, packet.message.topic)) subscription->handler(packet.message);
    }
    if (packet.message.qos == MqttQos::at_most_once) co_return {};
    co_return co_await stream_.write(mqtt_packet(MqttType::puback, 0, mqtt_number(packet.id)));
  }

  void take_puback(std::uint16_t id) {
    const auto found =
        std::ranges::find_if(outgoing_, [&](const auto& each) { return each.second->id == id; });
    if (found == outgoing_.end()) return;  // it was already acknowledged
    found->second->done.set();
    outgoing_.erase(found);
  }

  void take_suback(const MqttPacket& packet) {
    const auto found = std::ranges::find_if(
        subscriptions_, [&](const auto& each) { return each.second->id == packet.id; });
    if (found == subscriptions_.end()) return;  // the subscription has ended meanwhile
    if (packet.code <= 2) return end(*found->second, {});
    end(*found->second,
        std::unexpected("The server refuses the subscription to \"" + found->first + "\"."));
    subscriptions_.erase(found);
  }

  void fail_all(const std::string& why) {
    for (const auto& [number, outgoing] : std::exchange(outgoing_, {})) {
      outgoing->result = std::unexpected(why);
      outgoing->done.set();
    }
    for (const auto& [filter, subscription] : subscriptions_)
      end(*subscription, std::unexpected(why));
  }

  /// Completes a subscription's wait for an answer, unless it has one already.
  static void end(Subscription& subscription, Result<void> result) {
    if (subscription.answered.is_set()) return;
    subscription.result = std::move(result);
    subscription.answered.set();
  }

  /// Returns a packet number that no unacknowledged packet uses (§2.3.1).
  std::uint16_t next_id() {
    const auto is_taken = [this](std::uint16_t id) {
      return id == 0 || std::ranges::any_of(
                            outgoing_, [&](const auto& each) { return each.second->id == id; });
    };
    do ++last_id_;
    while (is_taken(last_id_));
    return last_id_;
  }

  Options options_;
  std::map<std::string, std::shared_ptr<Subscription>> subscriptions_;  // by filter
  std::map<std::uint64_t, std::shared_ptr<Outgoing>> outgoing_;  // in the order of publishing
  std::uint64_t last_outgoing_ = 0;
  std::uint64_t redelivered_ = 0;
  std::uint16_t last_id_ = 0;
  bool is_pinged_ = false;
  ReconnectingStream stream_;  // last, because it runs a coroutine that uses the other members
};
