// hawser on a thread: stands in for hawser::blocking.

#include <emscripten/emscripten.h>
#include <emscripten/proxying.h>
#include <hawser/hawser.hpp>

#include <atomic>
#include <functional>
#include <thread>

#include "mailbox.hpp"
#include "program.hpp"

namespace {
std::atomic<int> state = 0;
em_proxying_queue* queue = em_proxying_queue_create();
pthread_t thread;
hawser::WebSocket* ws;
hawser::Sender sender;
Mailbox mailbox;

void wait(int wanted) {
  for (int now; (now = state) != wanted;) state.wait(now);
}
void set(int now) {
  state = now;
  state.notify_all();
}
void start_thread() {
  static std::thread made([] {
    thread = pthread_self();
    set(1);
    emscripten_exit_with_live_runtime();
  });
  wait(1);
}
}  // namespace

void open_connection(const std::string& url) {
  static const bool started = (start_thread(), true);
  (void)started;
  state = 1;
  emscripten_proxy_async(
      queue, thread,
      [](void* argument) {
        ws = new hawser::WebSocket(hawser::WebSocket::open(*static_cast<const std::string*>(argument)).value());
        ws->on_open([] {
          sender = ws->sender();
          set(2);
        });
        ws->on_message(
            [](const hawser::Message& message) { mailbox.put(message.bytes().data(), message.bytes().size()); });
        ws->on_close([](const hawser::CloseEvent&) { set(3); });
      },
      const_cast<std::string*>(&url));
  wait(2);
}

void send(std::span<const std::byte> bytes) {
  while (!sender.send(bytes)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}
void send_text(const std::string& text) { sender.send(text); }
void receive() { mailbox.take(); }
bool poll() {
  std::vector<char> message;
  return mailbox.try_take(message);
}
void close_connection() {
  emscripten_proxy_async(queue, thread, [](void*) { ws->close(); }, nullptr);
  wait(3);
}
