// A client of a feed: signs in, subscribes, and shows updates until `stop` or the server's close.
//
//   feed wss://example.org/feed TOKEN

#include <emscripten/emscripten.h>
#include <cstdio>
#include <hawser/hawser.hpp>
#include <string>

using namespace std::chrono_literals;

std::stop_source stopper;
extern "C" EMSCRIPTEN_KEEPALIVE void stop() { stopper.request_stop(); }

void show(std::string_view text) { std::printf("%.*s\n", int(text.size()), text.data()); }
void fail(const char* when, hawser::Error why) { std::printf("%s: %s\n", when, describe(why)); }

hawser::Task<> feed(std::string url, std::string token) {
  const auto stopping = stopper.get_token();
  auto connection = co_await hawser::connect(url, {.connect_timeout = 5s, .stop = stopping});
  if (!connection) co_return fail("connecting", connection.error());
  auto sent = co_await connection->send(token);
  if (!sent) co_return fail("signing in", sent.error());
  auto answer = co_await connection->receive({.timeout = 5s});
  if (!answer) co_return fail("signing in", answer.error().error);
  if (answer->text() != "welcome") co_return show(answer->text());

  sent = co_await connection->send("subscribe");
  if (!sent) co_return fail("subscribing", sent.error());
  while (auto message = co_await connection->receive({.stop = stopping})) show(message->text());
  auto end = co_await connection->close(1000, "that is enough");
  if (!end) co_return fail("closing", end.error());
  if (end->error) co_return fail("reading", *end->error);
  std::printf("closed: %d %s\n", end->code, end->reason.c_str());
}

int main(int count, char** arguments) {
  if (count != 3) return std::puts("usage: feed URL TOKEN"), 2;
  hawser::spawn(feed(arguments[1], arguments[2]));
}
