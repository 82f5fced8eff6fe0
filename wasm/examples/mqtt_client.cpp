// MQTT in a page, without a gateway: connects to the WebSocket listener of a broker such as
// mosquitto. This example watches what thermometers publish, and publishes as one of them.
//
//   mqtt_client wss://example.org/mqtt CLIENT_ID [USER PASSWORD]

#include <hawser/hawser.hpp>

#include <cstdio>
#include <string>

#include "mqtt.hpp"

namespace {

/// Prints the error, if there is one.
bool is_wrong(const Result<void>& result) {
  if (!result) std::puts(result.error().c_str());
  return !result;
}

hawser::Task<> watch(std::string url, MqttClient::Options options) {
  MqttClient mqtt(url, options);
  hawser::Event has_come;
  const auto subscribed = co_await mqtt.subscribe(
      "house/+/temperature", MqttQos::at_least_once, [&](const MqttMessage& message) {
        std::printf("%s: %s\n", message.topic.c_str(), message.payload.c_str());
        has_come.set();
      });
  if (is_wrong(subscribed)) co_return;
  // Returns once the broker has acknowledged the message, even if the connection is lost in
  // between.
  if (is_wrong(co_await mqtt.publish("house/kitchen/temperature", "21", MqttQos::at_least_once)))
    co_return;
  (void)co_await has_come.wait();
  co_await mqtt.close();
  std::puts("closed");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 && count != 5)
    return std::puts("usage: mqtt_client URL CLIENT_ID [USER PASSWORD]"), 2;
  MqttClient::Options options{.client_id = arguments[2]};
  if (count == 5) options.user = arguments[3], options.password = arguments[4];
  hawser::spawn(watch(arguments[1], options));
}
