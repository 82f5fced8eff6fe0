// Handlers that suspend (JSPI, Asyncify): the socket's other events wait in order, and nothing that
// the handler uses is overwritten. Exits with status 0 on success.
//
//   suspended --server ws://HOST:PORT [PATH]
//
// If the program was not linked for handlers to suspend, PATH is one that sends a message: the
// handler that tries to suspend is reported, and the next event ends the program.

#include <emscripten/emscripten.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>
#include <hawser/value.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

std::string server;
hawser::WebSocket socket;
std::vector<std::string> payloads{"hello"};
std::vector<std::unique_ptr<std::string>> blocks;  // around the messages in the heap
std::size_t next = 0;
bool is_suspended = false;

/// Ends the program in a later turn of the event loop, so that an exception reported before then is
/// not lost.
void end(int status, const char* why) {
  std::printf("suspended: %s\n", why);
  static int first = -1;
  if (std::exchange(first, first < 0 ? status : first) >= 0) return;
  emscripten_async_call([](void*) { emscripten_force_exit(first); }, nullptr, 0);
}

void suspend(int milliseconds) {
  if (is_suspended) return end(1, "a handler was called while another was suspended");
  is_suspended = true;
  emscripten_sleep(static_cast<unsigned>(milliseconds));
  is_suspended = false;
}

bool are_blocks_intact() {
  return std::ranges::all_of(blocks,
                             [](const auto& block) { return *block == std::string(4'000, 'b'); });
}

/// Events that wait behind a suspended handler are not raised once its socket is destroyed.
void destroy_while_suspended() {
  socket = hawser::WebSocket::open(server + "/echo").value();
  socket.on_open([] {
    for (int i = 0; i < 3; ++i) socket.send("x");
  });
  socket.on_message([](const hawser::Message& message) {
    if (++next > 1) return end(1, "a message arrived after the destructor");
    emscripten_async_call([](void*) { socket = {}; }, nullptr, 50);
    suspend(100);
    if (message.text() != "x")
      return end(1, "a message was overwritten after its socket was destroyed");
    emscripten_async_call([](void*) { end(0, "all messages are intact, and in order"); }, nullptr,
                          50);
  });
}

void exchange_values() {
  socket = hawser::WebSocket::open(server + "/echo").value();
  socket.on_open([] {
    socket.send("first");
    socket.send("second");
  });
  socket.on_value([](const emscripten::val& value) {
    suspend(20);
    if (value.as<std::string>() != (next++ == 0 ? "first" : "second"))
      return end(1, "a value was overwritten");
    if (next == 2) socket.close();
  });
  socket.on_close([](const hawser::CloseEvent&) {
    if (next != 2) return end(1, "values are missing");
    next = 0;
    destroy_while_suspended();
  });
}

/// A coroutine that continues inside an event may suspend as well.
hawser::Task<> converse() {
  auto connection = co_await hawser::connect(server + "/echo");
  if (!connection) co_return end(1, "a coroutine could not connect");
  for (const auto& payload : payloads) {
    suspend(5);
    co_await connection->send(payload);
    co_await connection->send("after");
    const auto message = co_await connection->receive();
    suspend(20);
    if (message->text() != payload) co_return end(1, "a coroutine's message was overwritten");
    if ((co_await connection->receive())->text() != "after")
      co_return end(1, "a coroutine's message is out of order");
    co_await hawser::sleep_for(std::chrono::milliseconds(1));
    suspend(5);
  }
  exchange_values();
}

void on_open() {
  suspend(20);
  if (!socket.send(payloads.front()))
    return end(1, "a message was refused after the handler was suspended");
}

void on_message(const hawser::Message& message) {
  if (next == 0) {
    for (int i = 0; i < 64; ++i) blocks.push_back(std::make_unique<std::string>(4'000, 'b'));
    for (std::size_t i = 1; i < payloads.size(); ++i) socket.send(payloads[i]);
  }
  suspend(next == 0 ? 150 : 10);
  if (!are_blocks_intact()) return end(1, "other memory was overwritten");
  if (message.text() != payloads[next])
    return end(1, "a message was overwritten, or is out of order");
  if (++next == payloads.size()) socket.close(4000);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) std::abort();
  server = arguments[2];
  for (std::size_t i = 1; i <= 6; ++i) payloads.emplace_back(5'000 * i, static_cast<char>('a' + i));
  socket = hawser::WebSocket::open(server + (count > 3 ? arguments[3] : "/echo")).value();
  socket.on_open(on_open);
  socket.on_message(on_message);
  socket.on_close([](const hawser::CloseEvent& event) {
    suspend(20);
    if (next != payloads.size() || event.code != 4000) return end(1, "messages are missing");
    next = 0;
    hawser::spawn(converse());
  });
}
