// A Wasm Worker beside pthreads: it sends over a connection of the main thread, and owns no
// connection itself. Exits with status 0 if its message is echoed, and if everything else is
// refused.
//
//   wasm_worker --server ws://HOST:PORT

#include <emscripten/emscripten.h>
#include <emscripten/wasm_worker.h>
#include <hawser/hawser.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

namespace {

using namespace std::chrono_literals;
using hawser::Error;

std::string server;
hawser::WebSocket socket;
hawser::Sender sender;
std::optional<hawser::Session> session;
std::atomic<const char*> mistake = nullptr;

void check(bool is_so, const char* what) {
  if (!is_so) mistake = what;
}

hawser::Task<> connect() {
  const auto connection = co_await hawser::connect(server + "/echo");
  check(!connection && connection.error() == Error::wrong_thread, "connect");
  co_await hawser::sleep_for(10ms);  // an independent wait works
  check(sender.send("the last").has_value(), "send after a wait");
}

void work() {
  check(sender.send("first").has_value(), "send");
  check(socket.send("text").error() == Error::wrong_thread, "send on a socket of the main thread");
  check(hawser::WebSocket::open(server + "/echo").error() == Error::wrong_thread, "open");
  session.emplace(server + "/echo");
  check(session->send("text").error() == Error::wrong_thread, "send on a session");
  check(session->sender().send("text").error() == Error::wrong_thread,
        "send by a session's sender");
  hawser::spawn(connect());
}

void start() {
  sender = socket.sender();
  emscripten_wasm_worker_post_function_v(emscripten_malloc_wasm_worker(1 << 16), work);
}

void receive(const hawser::Message& message) {
  if (message.text() != "the last") return;
  if (mistake) std::printf("wasm_worker: %s\n", mistake.load());
  emscripten_force_exit(mistake || sender.counters().sent != 2);
}

}  // namespace

int main(int, char** arguments) {
  server = arguments[2];
  socket = hawser::WebSocket::open(server + "/echo").value();
  socket.on_open(start);
  socket.on_message(receive);
}
