// Several threads send over one connection that belongs to another thread, and the server echoes
// each message. Exits with status 0 if all of them return, in order for each thread.
//
//   senders --server ws://HOST:PORT [connection]
//
// With `connection`, it uses a hawser::Connection whose queue is full most of the time, so that
// senders have to wait.

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
constexpr int messages_of_each = 2'500;

std::optional<hawser::WebSocket> socket_of_handlers;
std::optional<hawser::Connection> connection;
hawser::Sender sender_of_all;
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
      if (sent.error() != hawser::Error::would_block)
        fail(std::string("send: ") + hawser::name(sent.error()));
      std::this_thread::yield();
    }
  }
}

// A small queue, so that it is often full.
constexpr hawser::SenderOptions small{.max_queued_bytes = 4096};

void start(const hawser::Sender& sender) {
  sender_of_all = sender;
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
  const auto counters = sender_of_all.counters();
  if (counters.sent != threads * messages_of_each || counters.queued != 0 || counters.dropped != 0)
    fail("the counters");
  std::puts("senders: every message came back, in order");
  emscripten_force_exit(0);
}

hawser::Task<> receive_all(std::string url) {
  connection =
      (co_await hawser::connect(url, {.high_water_mark = 64, .low_water_mark = 0})).value();
  start(connection->sender(small));
  while (const auto message = co_await connection->receive()) receive(*message);
  fail("the connection ended");
}

}  // namespace

int main(int count, char** arguments) {
  const std::string url = std::string(arguments[2]) + "/echo";
  if (count > 3) return hawser::spawn(receive_all(url)), 0;
  socket_of_handlers =
      hawser::WebSocket::open(
          url, {},
          {.on_open = [](hawser::WebSocket& socket) { start(socket.sender(small)); },
           .on_message = receive,
           .on_close = [](const hawser::CloseEvent&) { fail("the connection ended"); }})
          .value();
}
