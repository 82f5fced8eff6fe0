// The browser's class by emscripten::val, as its documentation shows.

#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <string>
#include <vector>

#include "program.h"

using emscripten::val;

namespace {

val& the_socket() {
  static std::vector<val> sockets(most_sockets);
  return sockets[current];
}

void on_message(const val& event) {
  const val data = event["data"];
  if (data.isString()) return received(data.as<std::string>().size());
  const val array = val::global("Uint8Array").new_(data);
  received(emscripten::convertJSArrayToNumberVector<unsigned char>(array).size());
}

}  // namespace

EMSCRIPTEN_BINDINGS(value) {
  emscripten::function("onOpen", opened);
  emscripten::function("onMessage", on_message);
  emscripten::function("onClose", closed);
}

void open_socket(const char* url) {
  val socket = val::global("WebSocket").new_(std::string(url));
  socket.set("binaryType", "arraybuffer");
  socket.set("onopen", val::module_property("onOpen"));
  socket.set("onmessage", val::module_property("onMessage"));
  socket.set("onclose", val::module_property("onClose"));
  the_socket() = socket;
}

void close_socket() { the_socket().call<void>("close"); }

void send_text(size_t size) { the_socket().call<void>("send", std::string(payload, size)); }

void send_binary(size_t size) {
  the_socket().call<void>(
      "send", val(emscripten::typed_memory_view(size, reinterpret_cast<unsigned char*>(payload))));
}
