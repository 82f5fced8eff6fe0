// NATS in a page, without a gateway: connects to the WebSocket port of nats-server. This example
// answers requests for a greeting, and requests one itself.
//
//   nats_client wss://example.org:8080 [USER PASSWORD]

#include <hawser/hawser.hpp>

#include <chrono>
#include <cstdio>
#include <string>

#include "nats.hpp"

namespace {

using namespace std::chrono_literals;

/// Prints the error, if there is one.
bool is_wrong(const auto& result) {
  if (!result) std::puts(result.error().c_str());
  return !result;
}

hawser::Task<> answer(NatsClient& nats, NatsMessage question) {
  (void)is_wrong(co_await nats.publish(question.reply, "Hello, " + question.payload + "!"));
}

hawser::Task<> talk(std::string url, std::string user, std::string password) {
  NatsClient nats(url,
                  {.user = user, .password = password, .on_error = [](const std::string& error) {
                     std::printf("reported: %s\n", error.c_str());
                   }});
  hawser::Scope answers;
  const auto greeter = co_await nats.subscribe("greet", [&](const NatsMessage& question) {
    (void)answers.spawn(answer(nats, question));  // spawns the answer, because a handler can't wait
  });
  if (is_wrong(greeter)) co_return;
  const auto greeting = co_await nats.request("greet", "browser", 5s);
  if (is_wrong(greeting)) co_return;
  std::puts(greeting->payload.c_str());
  co_await nats.close();
  std::puts("closed");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 && count != 4) return std::puts("usage: nats_client URL [USER PASSWORD]"), 2;
  hawser::spawn(talk(arguments[1], count == 4 ? arguments[2] : "", count == 4 ? arguments[3] : ""));
}
