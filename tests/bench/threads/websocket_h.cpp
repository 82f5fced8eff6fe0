// <emscripten/websocket.h> on a thread. Every call waits until the main thread has made it, and
// that thread also runs the callbacks: the socket is its own, whatever createOnMainThread says. So
// messages come back through a mailbox, where the thread waits for them.

#include <emscripten/websocket.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "program.hpp"

namespace {

/// Messages on their way from the main thread.
class Mailbox {
 public:
  void put(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const char*>(data);
    const std::lock_guard lock(mutex_);
    messages_.emplace_back(bytes, bytes + size);
    is_filled_.notify_one();
  }

  /// Returns the oldest message, and waits until there is one.
  std::vector<char> take() {
    std::unique_lock lock(mutex_);
    is_filled_.wait(lock, [this] { return !messages_.empty(); });
    return take_first();
  }

  bool try_take(std::vector<char>& message) {
    const std::lock_guard lock(mutex_);
    if (messages_.empty()) return false;
    message = take_first();
    return true;
  }

 private:
  std::vector<char> take_first() {
    std::vector<char> message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }

  std::mutex mutex_;
  std::condition_variable is_filled_;
  std::deque<std::vector<char>> messages_;
};

EMSCRIPTEN_WEBSOCKET_T socket_handle;
Mailbox mailbox;

bool on_message(int, const EmscriptenWebSocketMessageEvent* event, void*) {
  mailbox.put(event->data, event->numBytes);
  return true;
}

// Polls instead of using callbacks: the main thread may get the event before the call that installs
// one.
void wait_until(unsigned short state) {
  for (unsigned short current = 0;;) {
    emscripten_websocket_get_ready_state(socket_handle, &current);
    if (current == state) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void open_connection(const std::string& url) {
  EmscriptenWebSocketCreateAttributes attributes = {url.c_str(), nullptr, false};
  socket_handle = emscripten_websocket_new(&attributes);
  emscripten_websocket_set_onmessage_callback(socket_handle, nullptr, on_message);
  wait_until(1);
}

void send(std::span<const std::byte> bytes) {
  emscripten_websocket_send_binary(socket_handle, const_cast<std::byte*>(bytes.data()),
                                   static_cast<std::uint32_t>(bytes.size()));
}

void send_text(const std::string& text) {
  emscripten_websocket_send_utf8_text(socket_handle, text.c_str());
}

void receive() { mailbox.take(); }

bool poll() {
  std::vector<char> message;
  return mailbox.try_take(message);
}

void close_connection() {
  emscripten_websocket_close(socket_handle, 1000, "");
  wait_until(3);
  emscripten_websocket_delete(socket_handle);
}
