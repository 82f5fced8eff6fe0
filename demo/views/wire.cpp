// The C++ half of the view "On the wire": it owns the connection whose frames are shown, and
// reports what an application can know about it. That is what hawser's observer sees, because
// browsers show no frames to programs. The other half, wire.mjs, gets the frames from the server's
// record.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

namespace {

using emscripten::val;
using hawser::ObservationType;

// The listener that the page passed to `listenToWire`.
val page = val::undefined();

hawser::WebSocket socket;
hawser::Observer observer;

// The socket's number in observations, known from its `opening`.
std::string url;
std::uint64_t number = 0;

val to_array(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  return val(emscripten::typed_memory_view(bytes.size(), data)).call<val>("slice");
}

void report(const hawser::Observation& seen) {
  if (seen.type == ObservationType::opening && seen.url == url) number = seen.socket;
  if (seen.socket != number) return;
  auto event = val::object();
  event.set("type", std::string(name(seen.type)));
  event.set("extensions", std::string(seen.extensions));
  event.set("isText", seen.message_type == hawser::MessageType::text);
  event.set("size", static_cast<double>(seen.size));
  event.set("data", to_array(seen.data));
  event.set("code", seen.code);
  event.set("reason", std::string(seen.reason));
  event.set("wasClean", seen.was_clean);
  event.set("error", std::string(seen.error ? describe(*seen.error) : ""));
  page(event);
}

void listen_to_wire(val listener) {
  page = std::move(listener);
  observer = hawser::observe(report, {.max_data_bytes = 48});
}

// These return why nothing was done, or an empty text on success.

std::string open(const std::string& its_url) {
  auto opened = hawser::WebSocket::open(its_url);
  if (!opened) return hawser::describe(opened.error());
  url = its_url;
  socket = std::move(*opened);
  return {};
}

std::string send_text(const std::string& text) {
  const auto sent = socket.send(text);
  return sent ? "" : hawser::describe(sent.error());
}

std::string send_binary(const val& uint8_array) {
  const auto data = emscripten::convertJSArrayToNumberVector<std::uint8_t>(uint8_array);
  const auto sent = socket.send(std::as_bytes(std::span(data)));
  return sent ? "" : hawser::describe(sent.error());
}

std::string close(const std::string& reason) {
  const auto closing = socket.close(hawser::close_code::normal_closure, reason);
  return closing ? "" : hawser::describe(closing.error());
}

}  // namespace

EMSCRIPTEN_BINDINGS(wire) {
  emscripten::function("listenToWire", listen_to_wire);
  emscripten::function("openWire", open);
  emscripten::function("sendWireText", send_text);
  emscripten::function("sendWireBinary", send_binary);
  emscripten::function("closeWire", close);
}
