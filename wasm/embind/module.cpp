// What the wasm module shows to js/index.js, which makes the interface for pages of it. An error crosses as
// its text, and no error as an empty one: js/index.js throws.

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <chrono>
#include <expected>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace {

using emscripten::val;

std::string to_text(const std::expected<void, hawser::Error>& result) {
  return result ? std::string() : std::string(hawser::describe(result.error()));
}

/// A copy of a message's bytes as a Uint8Array, which outlives the handler. Text crosses this way too: what Embind
/// makes of a std::string has lost a leading BOM (R6).
val copy(const hawser::Message& message) {
  const std::span bytes(reinterpret_cast<const unsigned char*>(message.bytes().data()), message.bytes().size());
  return val(emscripten::typed_memory_view(bytes.size(), bytes.data())).call<val>("slice");
}

/// A number of JavaScript's as an int: it saturates, where Embind would wrap around, and what is no number becomes 0,
/// which hawser refuses as a close code and as a timeout.
int to_int(double number) {
  constexpr double most = std::numeric_limits<int>::max();
  return number >= 0 ? static_cast<int>(std::min(number, most)) : 0;
}

class Socket {
 public:
  /// Calls `events.open()`, `.message(bytes, isText)`, `.error(text)` and `.close(code, reason, wasClean)`.
  Socket(hawser::WebSocket socket, const val& events) : socket_(std::move(socket)) {
    socket_.on_open([events] { events.call<void>("open"); });
    socket_.on_message(
        [events](const hawser::Message& message) { events.call<void>("message", copy(message), message.is_text()); });
    socket_.on_error([events](hawser::Error error) { events.call<void>("error", std::string(describe(error))); });
    socket_.on_close(
        [events](const hawser::CloseEvent& end) { events.call<void>("close", end.code, end.reason, end.was_clean); });
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  std::string send_text(const std::string& text) { return to_text(socket_.send(text)); }
  std::string send_binary(const std::string& bytes) { return to_text(socket_.send(std::as_bytes(std::span(bytes)))); }
  std::string close(double code, const std::string& reason) { return to_text(socket_.close(to_int(code), reason)); }

  int ready_state() const { return std::to_underlying(socket_.ready_state()); }
  double buffered_amount() const { return static_cast<double>(socket_.buffered_amount()); }
  std::string url() const { return socket_.url(); }
  std::string protocol() const { return socket_.protocol(); }
  std::string extensions() const { return socket_.extensions(); }

 private:
  hawser::WebSocket socket_;
};

/// A Socket, or the text of the error.
val open(const std::string& url, const val& protocols, double connect_timeout, double close_timeout,
         const val& events) {
  auto opened = hawser::WebSocket::open(url, {.protocols = emscripten::vecFromJSArray<std::string>(protocols),
                                              .connect_timeout = std::chrono::milliseconds(to_int(connect_timeout)),
                                              .close_timeout = std::chrono::milliseconds(to_int(close_timeout))});
  if (!opened) return val(std::string(describe(opened.error())));
  return val(std::make_unique<Socket>(std::move(*opened), events));
}

}  // namespace

EMSCRIPTEN_BINDINGS(hawser) {
  emscripten::function("supported", hawser::supported);
  emscripten::function("open", open);
  emscripten::class_<Socket>("Socket")
      .function("sendText", &Socket::send_text)
      .function("sendBinary", &Socket::send_binary)
      .function("close", &Socket::close)
      .function("readyState", &Socket::ready_state)
      .function("bufferedAmount", &Socket::buffered_amount)
      .function("url", &Socket::url)
      .function("protocol", &Socket::protocol)
      .function("extensions", &Socket::extensions);
}
