// Several threads send over one connection that belongs to another thread. The server returns each message. It ends with
// status 0 if all of them have come back, those of each thread in order.
//
//   senders --server ws://HOST:PORT

#include <emscripten/emscripten.h>
#include <hawser/hawser.hpp>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int threads = 4;
constexpr int messages_of_each = 5'000;

std::optional<hawser::WebSocket> connection;
std::vector<int> received(threads);
int total = 0;

void fail(const std::string& what) {
  std::printf("senders: %s\n", what.c_str());
  emscripten_force_exit(1);
}

void send_all(const hawser::Sender& sender, int thread) {
  for (int number = 0; number < messages_of_each; ++number) {
    const std::string text = std::to_string(thread) + " " + std::to_string(number);
    for (auto sent = sender.send(text); !sent; sent = sender.send(text)) {
      if (sent.error() != hawser::Error::would_block) fail(std::string("send: ") + hawser::name(sent.error()));
      std::this_thread::yield();
    }
  }
}

void start() {
  // A small queue, so that it is often full.
  const auto sender = connection->sender({.max_queued_bytes = 4096});
  for (int thread = 0; thread < threads; ++thread) {
    std::thread([sender, thread] { send_all(sender, thread); }).detach();
  }
}

void receive(const hawser::Message& message) {
  const std::string text(message.text());
  char* end = nullptr;
  const auto thread = std::strtoul(text.c_str(), &end, 10);
  const int number = std::atoi(end);
  if (thread >= threads || received[thread]++ != number) return fail("out of order: " + text);
  if (++total < threads * messages_of_each) return;
  const auto counters = connection->sender().counters();
  if (counters.sent != threads * messages_of_each || counters.queued != 0 || counters.dropped != 0)
    fail("the counters");
  std::puts("senders: every message came back, in order");
  emscripten_force_exit(0);
}

}  // namespace

int main(int, char** arguments) {
  connection = hawser::WebSocket::open(std::string(arguments[2]) + "/echo", {},
                                       {.on_open = start,
                                        .on_message = receive,
                                        .on_close = [](const hawser::CloseEvent&) { fail("the connection ended"); }})
                   .value();
}
