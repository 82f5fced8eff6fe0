// The MQTT client of the examples, and its parser.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>
#include <hawser/testing/browser.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "../../wasm/examples/mqtt.hpp"

using hawser::testing::Browser;
using hawser::testing::Peer;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Lines = std::vector<std::string>;

namespace {

std::string words(const MqttMessage& message) {
  return message.topic + " " + message.payload + " QoS " +
         std::to_string(static_cast<int>(message.qos)) + (message.is_retained ? " retained" : "") +
         (message.is_duplicate ? " DUP" : "");
}

/// A packet in words; "incomplete", or the error.
std::string next(MqttParser& parser) {
  const auto packet = parser.next();
  if (!packet) return packet.error();
  if (!*packet) return "incomplete";
  const auto& [type, id, code, is_session_present, message] = **packet;
  switch (type) {
    case MqttType::connack:
      return "connack " + std::to_string(code) + (is_session_present ? " present" : "");
    case MqttType::publish: return "publish " + std::to_string(id) + " " + words(message);
    case MqttType::puback: return "puback " + std::to_string(id);
    case MqttType::suback: return "suback " + std::to_string(id) + " " + std::to_string(code);
    case MqttType::unsuback: return "unsuback " + std::to_string(id);
    case MqttType::pingresp: return "pingresp";
    default: return "another";
  }
}

std::string only(std::string_view bytes) {
  MqttParser parser;
  parser.feed(bytes);
  return next(parser);
}

std::string refused(const std::string& what) {
  return "The server does not speak MQTT 3.1.1: it sent " + what + ".";
}

/// All bytes that a peer has received, in hexadecimal except for letters and digits.
std::string received(Browser& browser, Peer& peer) {
  browser.run_until_idle();
  std::string all;
  while (auto message = peer.try_receive()) {
    CHECK_FALSE(message->is_text());
    for (const char c : message->text()) {
      constexpr auto digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0)
        all += c;
      else
        all += {'<', digits[byte >> 4], digits[byte & 15], '>'};
    }
  }
  return all;
}

void say(Peer& peer, std::string_view bytes) { peer.send(std::as_bytes(std::span(bytes))); }

// Accepts the client without, and with, its previous session.
const auto accepted = "\x20\x02\0\0"s;
const auto resumed = "\x20\x02\1\0"s;
constexpr auto greeting = "<10><1b><00><04>MQTT<04><c0><00><1e><00><02>id<00><03>ada<00><06>secret";

std::string puback(char id) { return {0x40, 2, 0, id}; }

/// A client, the server's end of its connection, and the results of its calls.
struct Client {
  Client() : peer(browser.expect_connection("ws://example.org/")) {}

  /// Has the server accept the client, and returns what the client sent for that.
  std::string greet(std::string_view with = accepted) {
    peer.accept();
    auto all = received(browser, peer);
    say(peer, with);
    browser.run_until_idle();
    return all;
  }

  /// Loses the connection. The next one opens after the longest delay at the latest.
  void reconnect() {
    peer.cut();
    browser.advance(4s);
    peer = browser.expect_connection();
  }

  void keep(hawser::Task<Result<void>> task) {
    hawser::spawn([](Client& self, hawser::Task<Result<void>> awaited) -> hawser::Task<> {
      const auto result = co_await std::move(awaited);
      self.said.push_back(result ? "done" : result.error());
    }(*this, std::move(task)));
    browser.run_until_idle();
  }

  void publish(std::string payload, MqttQos qos = MqttQos::at_least_once) {
    keep(mqtt.publish("t", std::move(payload), qos));
  }

  /// Subscribes, and keeps the messages.
  void subscribe(std::string filter, MqttQos qos = MqttQos::at_least_once) {
    keep(mqtt.subscribe(std::move(filter), qos, [this](const MqttMessage& message) {
      messages.push_back(words(message));
    }));
  }

  Lines take() {
    browser.run_until_idle();
    return std::exchange(said, {});
  }

  std::string sent() { return received(browser, peer); }

  // Declared first, since the browser's end resumes coroutines that write to these.
  Lines said;
  Lines messages;
  Browser browser;
  MqttClient mqtt{"ws://example.org/",
                  {.client_id = "id",
                   .user = "ada",
                   .password = "secret",
                   .keep_alive = 30s,
                   .max_packet_size = 1000,
                   .max_unacknowledged = 3,
                   .stream = {.first_delay = 1s, .longest_delay = 4s, .timeout = 10s}}};
  Peer peer;
};

}  // namespace

TEST_CASE("mqtt: packets are parsed, however their bytes are split") {
  const std::string long_payload(16'384, 'x');
  const auto bytes = accepted + resumed + "\x20\x02\0\5"s + "\x30\x05\0\1tab"s +
                     "\x3b\x06\0\2t/\0\7"s + "\x40\x02\x01\0"s + "\x90\x03\0\2\x80"s +
                     "\xb0\x02\0\3"s + "\xd0\0"s + "\x30\x83\x80\x01\0\1t"s + long_payload;
  const Lines expected{"connack 0",
                       "connack 0 present",
                       "connack 5",
                       "publish 0 t ab QoS 0",
                       "publish 7 t/  QoS 1 retained DUP",
                       "puback 256",
                       "suback 2 128",
                       "unsuback 3",
                       "pingresp",
                       "publish 0 t " + long_payload + " QoS 0"};
  const auto size = GENERATE(as<std::size_t>(), 1, 2, 3, 7, 100'000);
  MqttParser parser;
  Lines lines;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    parser.feed(std::string_view(bytes).substr(at, size));
    for (auto line = next(parser); line != "incomplete"; line = next(parser)) lines.push_back(line);
  }
  CHECK(lines == expected);
}

TEST_CASE(
    "mqtt: a remaining length has at most four bytes, and the parser does not wait for a fifth") {
  CHECK(only("\x30\xff\xff\xff") == "incomplete");
  CHECK(only("\x30\xff\xff\xff\xff") == refused("a remaining length of more than four bytes"));
  CHECK(only("\x30\xff\xff\xff\x7f") == refused("a packet of type 3 that is too large"));
  CHECK(only("\x30\x80\x80\x80\x20") == "incomplete");  // 64 MiB, which the client takes
  CHECK(only("\x30\x81\x80\x80\x20") == refused("a packet of type 3 that is too large"));
}

TEST_CASE("mqtt: bytes that are not MQTT are refused with a sentence that says why") {
  CHECK(only("HTTP/1.1") == refused("a packet of type 4 that is too large"));
  CHECK(only("\x20\x02\2\0"s) == refused("a malformed packet of type 2"));
  CHECK(only("\x20\x01\0"s) == refused("a malformed packet of type 2"));
  CHECK(only("\x21\x02\0\0"s) == refused("flags that are not allowed in a packet of type 2"));
  CHECK(only("\x40\x01\0"s) == refused("a packet with a wrong size of type 4"));
  CHECK(only("\x90\x02\0\1"s) == refused("a packet with a wrong size of type 9"));
  CHECK(only("\xd0\x01\0"s) == refused("a packet with a wrong size of type 13"));
  for (const auto& [first, type] :
       {std::pair("\x00\x00"s, "0"), {"\x10\x00"s, "1"}, {"\x50\x00"s, "5"}, {"\xf0\x00"s, "15"}})
    CHECK(only(first) ==
          refused("a packet that a client of QoS 0 and 1 does not expect, of type "s + type));
  CHECK(only("\x34\x05\0\1t\0\1"s) == refused("a message with QoS 2, which was not asked for"));
  CHECK(only("\x36\x05\0\1t\0\1"s) == refused("a message with QoS 3, which was not asked for"));
  CHECK(only("\x30\x01\0"s) == refused("a message without a topic"));
  CHECK(only("\x30\x02\0\0"s) == refused("a message whose topic does not fit into it"));
  CHECK(only("\x30\x03\0\2t"s) == refused("a message whose topic does not fit into it"));
  CHECK(only("\x32\x04\0\1t\0"s) == refused("a message whose topic does not fit into it"));
  CHECK(only("\x32\x05\0\1t\0\0"s) == refused("a message with the number 0"));
}

TEST_CASE(
    "mqtt: the sizes of packets that need one to four bytes of remaining length are written and "
    "read") {
  for (const std::size_t size :
       std::initializer_list<std::size_t>{0, 124, 125, 16'380, 16'381, 2'097'148, 2'097'149}) {
    const MqttMessage message{.topic = "t", .payload = std::string(size, 'x')};
    MqttParser parser;
    parser.feed(mqtt_publish(message, 0));
    const auto packet = parser.next().value();
    REQUIRE(packet);
    CHECK(packet->message.payload == message.payload);
  }
}

TEST_CASE("mqtt: filters match topics as section 4.7 says") {
  CHECK(mqtt_matches("a/b", "a/b"));
  CHECK(mqtt_matches("a/+", "a/b"));
  CHECK(mqtt_matches("a/#", "a/b/c"));
  CHECK(mqtt_matches("a/#", "a"));
  CHECK(mqtt_matches("#", "a/b"));
  CHECK(mqtt_matches("+/+", "/a"));
  CHECK(mqtt_matches("/+", "/a"));
  CHECK(mqtt_matches("+", "a"));
  CHECK(mqtt_matches("$SYS/#", "$SYS/x"));
  CHECK_FALSE(mqtt_matches("a/b", "a"));
  CHECK_FALSE(mqtt_matches("a", "a/b"));
  CHECK_FALSE(mqtt_matches("a/+", "a"));
  CHECK_FALSE(mqtt_matches("a/+", "a/b/c"));
  CHECK_FALSE(mqtt_matches("+", "/a"));
  CHECK_FALSE(mqtt_matches("#", "$SYS/x"));
  CHECK_FALSE(mqtt_matches("+/x", "$SYS/x"));
  for (const char* filter : {"#", "+", "a/#", "+/a/+", "/", "a//b"}) CHECK(is_mqtt_filter(filter));
  for (const char* filter : {"", "a#", "a+", "#/a", "a/#/b", "a/b+"})
    CHECK_FALSE(is_mqtt_filter(filter));
  CHECK_FALSE(is_mqtt_filter("a\0b"s));
  for (const char* topic : {"", "a/+", "#"}) CHECK_FALSE(is_mqtt_topic(topic));
  CHECK_FALSE(is_mqtt_topic("a\0b"s));
  CHECK_FALSE(is_mqtt_topic(std::string(65'536, 'x')));
}

TEST_CASE("mqtt: the client asks for its session, by the subprotocol mqtt") {
  Client client;
  CHECK(client.peer.protocols() == Lines{"mqtt"});
  client.keep(client.mqtt.connected({.timeout = 5s}));
  CHECK(client.greet() == greeting);
  CHECK(client.take() == Lines{"done"});
}

TEST_CASE("mqtt: a message with QoS 0 is sent, and one with QoS 1 also acknowledged") {
  Client client;
  client.greet();
  client.publish("a", MqttQos::at_most_once);
  CHECK(client.sent() == "0<04><00><01>ta");
  CHECK(client.take() == Lines{"done"});
  client.keep(client.mqtt.publish("t", "b", MqttQos::at_least_once, true));
  CHECK(client.sent() == "3<06><00><01>t<00><01>b");
  CHECK(client.take().empty());
  say(client.peer, puback(1));
  CHECK(client.take() == Lines{"done"});
  CHECK(client.mqtt.unacknowledged() == 0);
}

TEST_CASE(
    "mqtt: unacknowledged messages are sent again in order, as duplicates if they were sent "
    "before") {
  Client client;
  client.greet();
  client.publish("a");
  client.publish("b");
  CHECK(client.sent() == "2<06><00><01>t<00><01>a2<06><00><01>t<00><02>b");
  say(client.peer, puback(1));
  client.peer.cut();
  client.publish("c");  // while there is no connection
  client.browser.advance(4s);
  client.peer = client.browser.expect_connection();
  CHECK(client.greet(resumed) == greeting);
  CHECK(client.sent() == "<3a><06><00><01>t<00><02>b2<06><00><01>t<00><03>c");
  CHECK(client.mqtt.redelivered() == 1);
  CHECK(client.take() == Lines{"done"});
  say(client.peer, puback(3) + puback(3) + puback(2) + puback(9));
  CHECK(client.take() == Lines{"done", "done"});
}

TEST_CASE("mqtt: a message that cannot be published is refused, and nothing is sent") {
  Client client;
  client.greet();
  client.keep(client.mqtt.publish("t/+", "", MqttQos::at_least_once));
  client.publish(std::string(995, 'x'), MqttQos::at_most_once);
  client.publish(std::string(993, 'x'));
  const auto refusal =
      "The payload is too large: its packet has 1001 bytes, and the broker takes at most 1000."s;
  CHECK(client.take() ==
        Lines{"\"t/+\" is not a topic that MQTT can publish to.", refusal, refusal});
  client.peer.expect_nothing();
  client.publish(std::string(992, 'x'));
  CHECK(client.peer.expect_message().size() == 1000);
}

TEST_CASE("mqtt: publish refuses once too many messages wait") {
  Client client;
  for (const char* payload : {"a", "b", "c", "d"}) client.publish(payload);
  CHECK(client.take() == Lines{"Too many messages are unacknowledged. Publish fewer at a time."});
  client.greet();
  CHECK(client.sent() == "2<06><00><01>t<00><01>a2<06><00><01>t<00><02>b2<06><00><01>t<00><03>c");
}

TEST_CASE("mqtt: a subscriber gets messages, and acknowledges those with QoS 1") {
  Client client;
  client.greet();
  client.subscribe("t/+");
  CHECK(client.sent() == "<82><08><00><01><00><03>t<2f><2b><01>");
  CHECK(client.take().empty());
  say(client.peer, "\x90\x03\0\1\1"s);
  CHECK(client.take() == Lines{"done"});
  say(client.peer, "\x30\x06\0\3t/xa"s + "\x3a\x08\0\3t/x\1\2b"s + "\x30\x04\0\1ua"s);
  CHECK(client.sent() == "<40><02><01><02>");
  CHECK(client.messages == Lines{"t/x a QoS 0", "t/x b QoS 1 DUP"});
}

TEST_CASE("mqtt: a refused subscription is an error, and an unanswered one is requested again") {
  Client client;
  client.greet();
  client.subscribe("t");
  client.sent();
  client.reconnect();
  client.greet(resumed);
  CHECK(client.sent() == "<82><06><00><02><00><01>t<01>");
  say(client.peer, "\x90\x03\0\2\x80"s);
  CHECK(client.take() == Lines{"The server refuses the subscription to \"t\"."});
  client.subscribe("a#");
  CHECK(client.take() == Lines{"\"a#\" is not a valid MQTT topic filter."});
}

TEST_CASE("mqtt: subscriptions are renewed only if the broker has lost the session") {
  const bool is_kept = GENERATE(true, false);
  Client client;
  client.greet();
  client.subscribe("t");
  client.sent();
  say(client.peer, "\x90\x03\0\1\1"s);
  client.browser.run_until_idle();
  client.reconnect();
  client.greet(is_kept ? resumed : accepted);
  CHECK(client.sent() == (is_kept ? "" : "<82><06><00><02><00><01>t<01>"));
  say(client.peer, "\x30\x04\0\1ta"s);
  client.browser.run_until_idle();
  CHECK(client.messages == Lines{"t a QoS 0"});
}

TEST_CASE("mqtt: an ended subscription gets nothing more") {
  Client client;
  client.greet();
  client.subscribe("t");
  client.sent();
  say(client.peer, "\x90\x03\0\1\1"s);
  client.keep(client.mqtt.unsubscribe("t"));
  CHECK(client.sent() == "<a2><05><00><02><00><01>t");
  say(client.peer, "\x30\x04\0\1ta\xb0\x02\0\2"s);
  CHECK(client.take() == Lines{"done", "done"});
  CHECK(client.messages.empty());
}

TEST_CASE(
    "mqtt: pings are sent, and the connection to a server that does not answer them is dropped") {
  Client client;
  client.greet();
  client.browser.advance(30s);
  CHECK(client.sent() == "<c0><00>");
  say(client.peer, "\xd0\0"s);
  client.browser.advance(30s);
  CHECK(client.sent() == "<c0><00>");
  client.browser.advance(30s);
  client.browser.advance(4s);
  client.peer = client.browser.expect_connection();
  CHECK(client.greet() == greeting);
}

TEST_CASE("mqtt: pings are sent even while messages arrive") {
  Client client;
  client.greet();
  for (int second = 0; second < 30; ++second) {
    client.browser.advance(1s);
    say(client.peer, "\x30\x04\0\1ta"s);
  }
  CHECK(client.sent() == "<c0><00>");
}

TEST_CASE("mqtt: a refused client says why, fails waiting calls, and stops reconnecting") {
  Client client;
  client.publish("a");
  client.keep(client.mqtt.connected());
  client.greet("\x20\x02\0\5"s);
  const auto refusal =
      "The server refuses the client: it is not authorized. Check the user and the password."s;
  client.publish("b");
  CHECK(client.take() == Lines{refusal, refusal, refusal});
  client.browser.advance(1min);
  client.browser.expect_no_connection();
}

TEST_CASE("mqtt: a client whose server is unavailable tries again") {
  Client client;
  client.greet("\x20\x02\0\3"s);
  client.browser.advance(4s);
  client.peer = client.browser.expect_connection();
  client.keep(client.mqtt.connected({.timeout = 0ms}));
  CHECK(client.take() == Lines{"There is no connection yet. The server is unavailable."});
  client.greet();
  client.keep(client.mqtt.connected());
  CHECK(client.take() == Lines{"done"});
}

TEST_CASE("mqtt: a server whose first packet does not answer the greeting is dropped") {
  Client client;
  client.greet("\xd0\0"s);
  client.keep(client.mqtt.connected({.timeout = 0ms}));
  CHECK(client.take() == Lines{"There is no connection yet. The server does not speak MQTT 3.1.1: "
                               "its first packet is not "
                               "a CONNACK."});
}

TEST_CASE("mqtt: an invalid URL is an error of every call") {
  Browser browser;
  MqttClient mqtt("ftp://example.org/", {.client_id = "id"});
  std::string said;
  hawser::spawn([](MqttClient& client, std::string& into) -> hawser::Task<> {
    into = (co_await client.publish("t", "", MqttQos::at_least_once)).error();
  }(mqtt, said));
  browser.run_until_idle();
  CHECK(said == hawser::describe(hawser::Error::invalid_url));
}

TEST_CASE("mqtt: close says goodbye, and fails messages that wait for their acknowledgement") {
  Client client;
  client.greet();
  client.publish("a");
  client.sent();
  hawser::spawn([](MqttClient& mqtt) -> hawser::Task<> { co_await mqtt.close(); }(client.mqtt));
  CHECK(client.sent() == "<e0><00>");
  CHECK(client.peer.expect_close().code == 1000);
  client.peer.answer_close();
  CHECK(client.take() == Lines{"The client was closed."});
  client.browser.advance(1min);
  client.browser.expect_no_connection();
}

TEST_CASE("mqtt: waiting calls fail when the client is destroyed") {
  Lines said;
  Browser browser;
  {
    MqttClient mqtt("ws://example.org/", {.client_id = "id"});
    auto peer = browser.expect_connection();
    const auto keep = [&said](hawser::Task<Result<void>> task) {
      hawser::spawn([](hawser::Task<Result<void>> awaited, Lines& into) -> hawser::Task<> {
        into.push_back((co_await std::move(awaited)).error());
      }(std::move(task), said));
    };
    keep(mqtt.publish("a", "", MqttQos::at_least_once));
    keep(mqtt.publish("a", "", MqttQos::at_most_once));
    peer.accept();
    browser.run_until_idle();
  }
  browser.advance(1min);
  CHECK(said == Lines(2, hawser::describe(hawser::Error::destroyed)));
}
