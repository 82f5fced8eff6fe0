// The NATS and MQTT clients of the examples on this engine's own WebSocket and real brokers. The
// brokers are killed and restarted, and run behind a proxy that cuts connections.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../wasm/examples/mqtt.hpp"
#include "../../wasm/examples/nats.hpp"
#include "event_loop.hpp"
#include "server.hpp"

using hawser::Task;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

/// A private broker, which lives as long as this object (serveBroker in tests/support/brokers.mjs).
class Broker {
 public:
  /// `query` is its kind and options, such as "kind=nats&maxPayload=1024".
  static Task<Broker> start(std::string query) {
    Broker broker;
    broker.control_ = (co_await hawser::connect(server("/broker?" + query))).value();
    broker.url = co_await broker.answer();
    if (broker.url.starts_with("there is no")) SKIP(broker.url);
    REQUIRE_THAT(broker.url,
                 Catch::Matchers::StartsWith("ws://"));  // otherwise it says what went wrong
    broker.proxied_url = co_await broker.answer();
    co_return broker;
  }

  /// Controls the broker or its proxy: "kill", "start", "freeze", "cut", …
  Task<> command(std::string what) {
    REQUIRE(co_await control_.send(what));
    REQUIRE(co_await answer() == "done");
  }

  std::string url;
  std::string proxied_url;

 private:
  Task<std::string> answer() {
    co_return std::string((co_await control_.receive()).value().text());
  }

  hawser::Connection control_;
};

const ReconnectingStream::Options quickly{.first_delay = 1ms, .longest_delay = 50ms};

template <typename Client>
Task<> reach_connection(Client& client, std::uint64_t number) {
  while (client.connections() < number) (void)co_await hawser::sleep_for(1ms);
  REQUIRE(co_await client.connected());
}

template <typename Condition>
Task<> reach(Condition condition) {
  while (!condition()) (void)co_await hawser::sleep_for(1ms);
}

std::string numbered_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7);
  return bytes;
}

MqttClient::Options named(std::string client_id) {
  return {.client_id = std::move(client_id), .stream = quickly};
}

/// The messages with QoS 1 that a subscriber has received, by payload.
struct Receipts {
  struct Receipt {
    int count = 0;
    int unmarked = 0;  // without DUP
  };

  void keep(const MqttMessage& message) {
    Receipt& receipt = all[message.payload];
    ++receipt.count;
    receipt.unmarked += !message.is_duplicate;
  }

  /// How many were repeated without DUP.
  std::uint64_t repeated_unmarked() const {
    std::uint64_t repeated = 0;
    for (const auto& [payload, receipt] : all)
      repeated += static_cast<std::uint64_t>(std::max(receipt.unmarked - 1, 0));
    return repeated;
  }

  std::map<std::string, Receipt> all;
};

/// Publishes the numbers from `first` to `last` with QoS 1, all at once.
Task<> publish_numbers(MqttClient& client, int first, int last) {
  std::vector<Task<Result<void>>> tasks;
  for (int number = first; number <= last; ++number)
    tasks.push_back(client.publish("numbers", std::to_string(number), MqttQos::at_least_once));
  for (const auto& result : co_await hawser::when_all(std::move(tasks))) REQUIRE(result);
}

}  // namespace

TEST_CASE("nats on a broker: messages reach the subscribers of their subject, and one of a queue",
          "[nats]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=nats");
    NatsClient one(broker.url);
    NatsClient other(broker.url);
    Lines got;
    int queued = 0;
    const auto keep = [&](const NatsMessage& message) {
      got.push_back(message.subject + " " + message.payload);
    };
    REQUIRE(co_await one.subscribe("room.*", keep));
    REQUIRE(co_await one.subscribe("work", [&](const NatsMessage&) { ++queued; }, "workers"));
    REQUIRE(co_await other.subscribe("work", [&](const NatsMessage&) { ++queued; }, "workers"));
    REQUIRE(co_await other.publish("room.1", "hello"));
    REQUIRE(co_await other.publish("room.2.3", "to no one"));
    REQUIRE(co_await other.publish("room.2", std::string("\0\r\nPUB x 0\r\n", 12)));
    for (int i = 0; i < 10; ++i) REQUIRE(co_await other.publish("work", ""));
    REQUIRE(co_await other.flush());
    REQUIRE(co_await one.flush());
    CHECK(got == Lines{"room.1 hello", "room.2 " + std::string("\0\r\nPUB x 0\r\n", 12)});
    CHECK(queued == 10);
    co_await one.close();
    co_await other.close();
  }());
}

TEST_CASE("nats on a broker: an unsubscribed handler gets nothing more", "[nats]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=nats");
    NatsClient nats(broker.url);
    int got = 0;
    const auto sid = co_await nats.subscribe("a", [&](const NatsMessage&) { ++got; });
    REQUIRE(co_await nats.publish("a", ""));
    REQUIRE(co_await nats.flush());
    REQUIRE(co_await nats.unsubscribe(sid.value()));
    REQUIRE(co_await nats.publish("a", ""));
    REQUIRE(co_await nats.flush());
    CHECK(got == 1);
  }());
}

TEST_CASE("nats on a broker: concurrent requests each get their own answer", "[nats]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=nats");
    NatsClient asking(broker.url);
    NatsClient answering(broker.url);
    hawser::Scope answers;
    REQUIRE(co_await answering.subscribe("double", [&](const NatsMessage& question) {
      (void)answers.spawn([](NatsClient& nats, NatsMessage asked) -> Task<> {
        REQUIRE(co_await nats.publish(asked.reply, asked.payload + asked.payload));
      }(answering, question));
    }));
    std::vector<Task<Result<NatsMessage>>> questions;
    for (int i = 0; i < 100; ++i)
      questions.push_back(asking.request("double", std::to_string(i), 20s));
    const auto replies = co_await hawser::when_all(std::move(questions));
    for (int i = 0; i < 100; ++i)
      CHECK(replies[static_cast<std::size_t>(i)].value().payload ==
            std::to_string(i) + std::to_string(i));
    const auto unanswered = co_await asking.request("nobody", "", 50ms);
    CHECK(unanswered.error() == "No one has answered a request to \"nobody\" in time.");
  }());
}

TEST_CASE(
    "nats on a broker: the largest payload arrives whole, in any number of frames, and a larger "
    "one is an error",
    "[nats]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=nats");
    NatsClient nats(broker.url);
    const auto largest = numbered_bytes(1 << 20);
    std::vector<std::string> got;
    REQUIRE(co_await nats.subscribe(
        "large", [&](const NatsMessage& message) { got.push_back(message.payload); }));
    for (int i = 0; i < 4; ++i) REQUIRE(co_await nats.publish("large", largest));
    const auto refused = co_await nats.publish("large", largest + "x");
    CHECK(refused.error() ==
          "The payload is too large: it has 1048577 bytes, and the server takes at most 1048576.");
    REQUIRE(co_await nats.flush());
    REQUIRE(got.size() == 4);
    for (const auto& payload : got) CHECK(payload == largest);
    CHECK(nats.connections() == 1);
  }());
}

TEST_CASE("nats on a broker: the client learns the broker's own limit", "[nats]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=nats&maxPayload=1000");
    NatsClient nats(broker.url);
    CHECK(co_await nats.publish("a", std::string(1000, 'x')));
    CHECK((co_await nats.publish("a", std::string(1001, 'x'))).error().contains("at most 1000."));
  }());
}

TEST_CASE(
    "nats on a broker: with a wrong password every call is an error, and with the right one none "
    "is",
    "[nats]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=nats&user=ada&password=secret");
    NatsClient wrong(broker.url, {.user = "ada", .password = "guess", .stream = quickly});
    const auto refusal = "The server refuses the user or the password: Authorization Violation.";
    CHECK((co_await wrong.connected()).error() == refusal);
    CHECK((co_await wrong.publish("a", "")).error() == refusal);
    CHECK((co_await wrong.request("a", "", 1s)).error() == refusal);
    NatsClient right(broker.url, {.user = "ada", .password = "secret"});
    CHECK(co_await right.connected());
  }());
}

TEST_CASE(
    "nats on a broker: a client reconnects to a killed broker, and subscriptions work as before",
    "[nats]") {
  run([] -> Task<> {
    Broker broker = co_await Broker::start("kind=nats");
    NatsClient publisher(broker.url, {.stream = quickly});
    NatsClient subscriber(broker.url, {.stream = quickly});
    Lines got;
    REQUIRE(co_await subscriber.subscribe(
        "a", [&](const NatsMessage& message) { got.push_back(message.payload); }));
    REQUIRE(co_await publisher.publish("a", "before"));
    co_await reach([&] { return got.size() == 1; });

    // A request and three megabytes are in flight when the broker crashes.
    co_await broker.command("freeze");
    std::vector<Task<Result<void>>> lost;
    for (int i = 0; i < 3; ++i) lost.push_back(publisher.publish("a", std::string(1 << 20, 'x')));
    const auto crash = [](Broker& crashing) -> Task<> {
      (void)co_await hawser::sleep_for(0ms);
      co_await crashing.command("kill");
    };
    const auto [request, published, crashed] = co_await hawser::when_all(
        subscriber.request("nobody", "", 20s), hawser::when_all(std::move(lost)), crash(broker));
    CHECK(request.error().starts_with("The connection was lost before the answer came."));
    co_await broker.command("start");

    co_await reach_connection(publisher, 2);
    co_await reach_connection(subscriber, 2);
    REQUIRE(co_await publisher.publish("a", "after"));
    co_await reach([&] { return got.size() >= 2; });
    CHECK(got == Lines{"before", "after"});
  }());
}

TEST_CASE(
    "nats on a broker: whatever is cut, messages come in order, at most once, and eventually come "
    "again",
    "[nats]") {
  run([] -> Task<> {
    Broker broker = co_await Broker::start("kind=nats");
    co_await broker.command("cutAfter toClient 2000");
    NatsClient publisher(broker.url, {.stream = quickly});
    NatsClient subscriber(broker.proxied_url, {.stream = quickly});
    std::vector<int> got;
    REQUIRE(co_await subscriber.subscribe(
        "a", [&](const NatsMessage& message) { got.push_back(std::stoi(message.payload)); }));
    int number = 0;
    for (; subscriber.connections() < 10; (void)co_await hawser::sleep_for(0ms))
      REQUIRE(co_await publisher.publish("a", std::to_string(++number)));
    co_await broker.command("heal");
    while (!co_await subscriber.flush()) {  // it may not have noticed the last cut yet
    }
    REQUIRE(co_await publisher.publish("a", std::to_string(++number)));
    co_await reach([&] { return !got.empty() && got.back() == number; });
    CHECK(std::ranges::adjacent_find(got, std::greater_equal()) == got.end());
  }());
}

TEST_CASE("mqtt on a broker: messages reach the subscribers of their topic, with either QoS",
          "[mqtt]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=mosquitto");
    MqttClient one(broker.url, named("one"));
    MqttClient other(broker.url, named("other"));
    Lines got;
    const auto keep = [&](const MqttMessage& message) {
      got.push_back(message.topic + " " + message.payload + " " +
                    std::to_string(static_cast<int>(message.qos)) +
                    (message.is_retained ? " retained" : ""));
    };
    REQUIRE(co_await other.publish("house/0/light", "kept", MqttQos::at_least_once, true));
    REQUIRE(co_await one.subscribe("house/+/light", MqttQos::at_least_once, keep));
    REQUIRE(co_await other.publish("house/1/light", "on", MqttQos::at_most_once));
    REQUIRE(co_await other.publish("house/1/door", "to no one", MqttQos::at_least_once));
    REQUIRE(
        co_await other.publish("house/2/light", std::string("o\0ff", 4), MqttQos::at_least_once));
    co_await reach([&] { return got.size() == 3; });
    CHECK(got == Lines{"house/0/light kept 1 retained", "house/1/light on 0",
                       std::string("house/2/light o\0ff 1", 20)});
    REQUIRE(co_await one.unsubscribe("house/+/light"));
    co_await one.close();
    co_await other.close();
  }());
}

TEST_CASE("mqtt on a broker: a large payload arrives whole, in any number of frames", "[mqtt]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=mosquitto");
    MqttClient mqtt(broker.url, named("large"));
    const auto large =
        numbered_bytes(100'000);  // mosquitto 2.0.11 reads 4 KiB every tenth of a second
    std::vector<std::string> got;
    REQUIRE(co_await mqtt.subscribe(
        "large", MqttQos::at_least_once,
        [&](const MqttMessage& message) { got.push_back(message.payload); }));
    for (const MqttQos qos : {MqttQos::at_most_once, MqttQos::at_least_once})
      REQUIRE(co_await mqtt.publish("large", large, qos));
    co_await reach([&] { return got.size() == 2; });
    for (const auto& payload : got) CHECK(payload == large);
    CHECK(mqtt.connections() == 1);
  }());
}

TEST_CASE("mqtt on a broker: a packet of the largest size arrives, and a larger one is an error",
          "[mqtt]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=mosquitto&maxPayload=1000");
    auto options = named("limited");
    options.max_packet_size = 1000;
    MqttClient mqtt(broker.url, options);
    std::size_t got = 0;
    REQUIRE(co_await mqtt.subscribe("t", MqttQos::at_least_once, [&](const MqttMessage& message) {
      got = message.payload.size();
    }));
    REQUIRE(co_await mqtt.publish("t", std::string(992, 'x'), MqttQos::at_least_once));
    const auto refused = co_await mqtt.publish("t", std::string(993, 'x'), MqttQos::at_least_once);
    CHECK(
        refused.error() ==
        "The payload is too large: its packet has 1001 bytes, and the broker takes at most 1000.");
    co_await reach([&] { return got > 0; });
    CHECK(got == 992);
    CHECK(mqtt.connections() == 1);
  }());
}

TEST_CASE(
    "mqtt on a broker: with a wrong password every call is an error, and with the right one none "
    "is",
    "[mqtt]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=mosquitto&user=ada&password=secret");
    MqttClient wrong(broker.url,
                     {.client_id = "wrong", .user = "ada", .password = "guess", .stream = quickly});
    const auto refusal =
        "The server refuses the client: it is not authorized. Check the user and the password.";
    CHECK((co_await wrong.publish("a", "", MqttQos::at_least_once)).error() == refusal);
    CHECK((co_await wrong.connected()).error() == refusal);
    CHECK((co_await wrong.subscribe("a", MqttQos::at_most_once, [](const MqttMessage&) {
          })).error() == refusal);
    MqttClient right(broker.url, {.client_id = "right", .user = "ada", .password = "secret"});
    CHECK(co_await right.publish("a", "", MqttQos::at_least_once));
  }());
}

TEST_CASE("mqtt on a broker: the broker keeps messages while the subscriber is away", "[mqtt]") {
  run([] -> Task<> {
    const Broker broker = co_await Broker::start("kind=mosquitto");
    MqttClient publisher(broker.url, named("publisher"));
    Receipts receipts;
    const auto keep = [&](const MqttMessage& message) { receipts.keep(message); };
    {
      MqttClient subscriber(broker.url, named("subscriber"));
      REQUIRE(co_await subscriber.subscribe("numbers", MqttQos::at_least_once, keep));
      co_await subscriber.close();
    }
    co_await publish_numbers(publisher, 1, 50);
    CHECK(receipts.all.empty());
    MqttClient subscriber(broker.url, named("subscriber"));
    REQUIRE(co_await subscriber.subscribe("numbers", MqttQos::at_least_once, keep));
    co_await reach([&] { return receipts.all.size() == 50; });
    CHECK(receipts.repeated_unmarked() == 0);
  }());
}

TEST_CASE("mqtt on a broker: a client reconnects to a killed broker, and QoS 1 loses nothing",
          "[mqtt]") {
  run([] -> Task<> {
    Broker broker = co_await Broker::start("kind=mosquitto");
    MqttClient publisher(broker.url, named("publisher"));
    MqttClient subscriber(broker.url, named("subscriber"));
    Receipts receipts;
    REQUIRE(
        co_await subscriber.subscribe("numbers", MqttQos::at_least_once,
                                      [&](const MqttMessage& message) { receipts.keep(message); }));
    co_await publish_numbers(publisher, 1, 50);
    co_await reach([&] { return receipts.all.size() == 50; });

    // These are in flight when the broker crashes, and three more are published while it is down.
    co_await broker.command("freeze");
    const auto crash = [](Broker& crashing, MqttClient& client) -> Task<> {
      co_await reach([&] { return client.unacknowledged() == 50; });
      (void)co_await hawser::sleep_for(0ms);
      co_await crashing.command("kill");
      const auto restart = [](Broker& crashed) -> Task<> { co_await crashed.command("start"); };
      co_await hawser::when_all(publish_numbers(client, 101, 103), restart(crashing));
    };
    co_await hawser::when_all(publish_numbers(publisher, 51, 100), crash(broker, publisher));
    co_await reach([&] { return receipts.all.size() == 103; });
    CHECK(publisher.redelivered() >= 50);
    CHECK(publisher.connections() >= 2);
    CHECK(receipts.repeated_unmarked() <= publisher.redelivered());
  }());
}

TEST_CASE("mqtt on a broker: whatever is cut, QoS 1 loses nothing, and repeated messages say so",
          "[mqtt]") {
  run([] -> Task<> {
    Broker broker = co_await Broker::start("kind=mosquitto");
    MqttClient publisher(broker.proxied_url, named("publisher"));
    MqttClient subscriber(broker.proxied_url, named("subscriber"));
    Receipts receipts;
    REQUIRE(
        co_await subscriber.subscribe("numbers", MqttQos::at_least_once,
                                      [&](const MqttMessage& message) { receipts.keep(message); }));
    const int to_client = GENERATE(700, 1111);
    co_await broker.command("cutAfter toClient " + std::to_string(to_client));
    co_await broker.command("cutAfter toServer 1500");
    for (int first = 1; first <= 200; first += 20)
      co_await publish_numbers(publisher, first, first + 19);
    co_await broker.command("heal");
    co_await reach([&] { return receipts.all.size() == 200; });
    CHECK(publisher.connections() > 2);
    CHECK(subscriber.connections() > 2);
    INFO(publisher.connections() << " and " << subscriber.connections() << " connections, "
                                 << publisher.redelivered() << " redelivered, "
                                 << receipts.repeated_unmarked() << " twice without DUP");
    CHECK(receipts.repeated_unmarked() <= publisher.redelivered());
  }());
}
