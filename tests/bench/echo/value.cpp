#include <emscripten/bind.h>
#include <emscripten/val.h>

using emscripten::val;

static void on_message(const val& event) { event["target"].call<void>("send", event["data"]); }
static void on_end(const val&) {}

EMSCRIPTEN_BINDINGS(echo) {
  emscripten::function("onMessage", on_message);
  emscripten::function("onEnd", on_end);
}

int main() {
  const val WebSocket = val::global("WebSocket");
  if (WebSocket.isUndefined()) return 1;
  val socket = WebSocket.new_(val("ws://127.0.0.1:8080/echo"));
  socket.set("binaryType", "arraybuffer");
  socket.set("onmessage", val::module_property("onMessage"));
  socket.set("onerror", val::module_property("onEnd"));
  socket.set("onclose", val::module_property("onEnd"));
}
