#include <emscripten/em_js.h>

#include <emscripten/emscripten.h>
#include <unwind.h>

#include "../../wasm/src/socket/seam.hpp"
#include "scripted_browser.hpp"

/// Frees what C++ has thrown to JavaScript: where that does not, nobody does.
extern "C" EMSCRIPTEN_KEEPALIVE void free_exception(_Unwind_Exception* exception) {
  _Unwind_DeleteException(exception);
}

// clang-format off

EM_JS(void, script_install, (bool isSupported), {
  // The clock goes on from test to test, as it does in one page.
  const { now = 0, lastTimer = 0 } = globalThis.hawserScript ?? {};
  const script = globalThis.hawserScript = { isSupported, calls: [], behaviour: {}, sockets: [], timers: new Map(), now, lastTimer, reported: 0,
    saved: { WebSocket: globalThis.WebSocket, setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout } };

  script.raise = (event) => {
    try {
      event();
    } catch (exception) {
      ++script.reported;
      script.lastReported = exception;
      if (exception instanceof WebAssembly.Exception) _free_exception(exception.getArg(getCppExceptionTag(), 0));
    }
  };
  const throwIf = (name) => { if (name) throw new DOMException("scripted", name); };
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  // As browsers refuse what may change under them; Node takes it.
  const refuseLentMemory = (data) => {
    const buffer = ArrayBuffer.isView(data) ? data.buffer : data;
    if (buffer?.resizable || Object.prototype.toString.call(buffer) == "[object SharedArrayBuffer]") throw new TypeError("scripted");
  };

  class ScriptedWebSocket {
    onopen = null;
    onmessage = null;
    onerror = null;
    onclose = null;
    protocol = "";
    extensions = "";
    readyState = 0;
    bufferedAmount = 0;

    constructor(url, protocols) {
      this.url = url;
      script.calls.push(`new ${url} [${protocols}]`);
      throwIf(script.behaviour.constructorException);
      if (script.behaviour.closesFromTheStart) this.readyState = 3;
      script.current = script.sockets.push(this) - 1;
    }

    send(data) {
      refuseLentMemory(data);
      script.calls.push(typeof data == "string" ? `send text ${data}` : `send binary ${hex(new Uint8Array(data.buffer ?? data, data.byteOffset, data.byteLength))}`);
      if (script.behaviour.endsInsideSend) {
        this.readyState = 3;
        script.raise(() => this.onclose?.({ code: 1006, reason: "", wasClean: false }));
      }
      const next = script.behaviour.nextSendException;
      script.behaviour.nextSendException = "";
      throwIf(next);
      throwIf(script.behaviour.sendException);
    }

    close(code, reason) {
      if (code == undefined && this.readyState > 1) return;
      script.calls.push(code == undefined ? "close" : `close ${code} ${reason ?? ""}`);
      const { closeException, endsInsideClose, failsInsideClose } = code == undefined ? {} : script.behaviour;
      if (!closeException) this.readyState = 2;
      if (endsInsideClose || failsInsideClose) script.raise(() => this.onerror?.({}));
      if (endsInsideClose) {
        this.readyState = 3;
        script.raise(() => this.onclose?.({ code: 1006, reason: "", wasClean: false }));
      }
      throwIf(closeException);
    }
  }
  globalThis.WebSocket = isSupported ? ScriptedWebSocket : undefined;
  globalThis.setTimeout = (callback, delay) => {
    script.timers.set(++script.lastTimer, { callback, due: script.now + delay });
    return script.lastTimer;
  };
  performance.now = () => script.now;
  globalThis.clearTimeout = (timer) => void script.timers.delete(timer);
});

EM_JS(void, script_uninstall, (), {
  Object.assign(globalThis, globalThis.hawserScript.saved);
  delete performance.now; // uncovers the prototype's
});

EM_JS(void, script_event, (const char* name, const char* data, size_t size, bool isText), {
  const script = globalThis.hawserScript;
  const socket = script.sockets[script.current];
  const bytes = HEAPU8.slice(data, data + size);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const kind = UTF8ToString(name);
  if (!socket) return;
  if (kind == "open") socket.readyState = 1;
  const event = kind == "message" ? { data: isText ? text : bytes.buffer } : {};
  script.raise(() => socket["on" + kind]?.(event));
});

EM_JS(void, script_close, (int code, const char* reason, size_t size, bool wasClean), {
  const script = globalThis.hawserScript;
  const socket = script.sockets[script.current];
  if (!socket) return;
  socket.readyState = 3;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(HEAPU8.slice(reason, reason + size));
  script.raise(() => socket.onclose?.({ code, reason: text, wasClean }));
});

EM_JS(void, script_choose, (int nth), { globalThis.hawserScript.current = nth; });

EM_JS(void, script_advance, (double time), {
  const script = globalThis.hawserScript;
  const until = script.now + time;
  for (;;) {
    const [id, timer] = [...script.timers].sort((a, b) => a[1].due - b[1].due)[0] ?? [];
    if (!timer || timer.due > until) break;
    script.now = Math.max(script.now, timer.due);
    script.timers.delete(id);
    script.raise(timer.callback);
  }
  script.now = Math.max(script.now, until); // a handler may have let more time pass
});

EM_JS(void, script_stall, (double time), {
  const script = globalThis.hawserScript;
  script.now += time;
  const due = [...script.timers].filter(([, timer]) => timer.due <= script.now).sort((a, b) => a[1].due - b[1].due);
  for (const [id, timer] of due) {
    if (script.timers.delete(id)) script.raise(timer.callback);
  }
});

EM_JS(void, script_set, (const char* name, const char* value, size_t size), {
  globalThis.hawserScript.behaviour[UTF8ToString(name)] = UTF8ToString(value, size);
});

EM_JS(void, script_behave, (), { globalThis.hawserScript.behaviour = {}; });

EM_JS(void, script_set_on_socket, (const char* name, double value), {
  const { sockets, current } = globalThis.hawserScript;
  if (sockets[current]) sockets[current][UTF8ToString(name)] = value;
});

EM_JS(void, script_set_text_on_socket, (const char* name, const char* value, size_t size), {
  const { sockets, current } = globalThis.hawserScript;
  if (sockets[current]) sockets[current][UTF8ToString(name)] = UTF8ToString(value, size);
});

// Each call as UTF-8 that ends with the byte 255, which no UTF-8 has; returns the size of it all.
EM_JS(size_t, script_calls, (char* into, size_t capacity), {
  const encoder = new TextEncoder();
  const bytes = globalThis.hawserScript.calls.flatMap((call) => [...encoder.encode(call), 255]);
  if (bytes.length <= capacity) HEAPU8.set(bytes, into);
  return bytes.length;
});

EM_JS(int, script_count, (const char* name), {
  const script = globalThis.hawserScript;
  const counts = { calls: script.calls.length, reported: script.reported, timers: script.timers.size,
                   attached: script.sockets.filter((socket) => socket.onclose).length };
  return counts[UTF8ToString(name)];
});

EM_JS_DEPS(scripted_globals, "$UTF8ToString,$getCppExceptionTag");

// clang-format on

ScriptedBrowser::ScriptedBrowser(Support support) { script_install(support == Support::yes); }

ScriptedBrowser::~ScriptedBrowser() {
  script_advance(2147483647);  // what still waits for a turn gets it
  script_uninstall();
}

void ScriptedBrowser::choose(int nth) { script_choose(nth); }

void ScriptedBrowser::open(std::string_view protocol, std::string_view extensions) {
  script_set_text_on_socket("protocol", protocol.data(), protocol.size());
  script_set_text_on_socket("extensions", extensions.data(), extensions.size());
  script_event("open", nullptr, 0, false);
}

void ScriptedBrowser::text(std::string_view message) { script_event("message", message.data(), message.size(), true); }

void ScriptedBrowser::binary(std::span<const std::byte> message) {
  script_event("message", reinterpret_cast<const char*>(message.data()), message.size(), false);
}

void ScriptedBrowser::error() { script_event("error", nullptr, 0, false); }

void ScriptedBrowser::close(int code, std::string_view reason, bool was_clean) {
  script_close(code, reason.data(), reason.size(), was_clean);
}

void ScriptedBrowser::advance(std::chrono::milliseconds time) { script_advance(static_cast<double>(time.count())); }

void ScriptedBrowser::stall(std::chrono::milliseconds time) { script_stall(static_cast<double>(time.count())); }

void ScriptedBrowser::page(bool is_online, bool is_visible) { hawser::seam::hawser_on_page(is_online, is_visible); }

void ScriptedBrowser::throw_from_constructor(std::string_view name) {
  script_set("constructorException", name.data(), name.size());
}

void ScriptedBrowser::close_from_the_start() { script_set("closesFromTheStart", "yes", 3); }

void ScriptedBrowser::throw_from_send() { script_set("sendException", "DataCloneError", 14); }

void ScriptedBrowser::throw_from_next_send() { script_set("nextSendException", "DataCloneError", 14); }

void ScriptedBrowser::throw_from_close() { script_set("closeException", "DataCloneError", 14); }

void ScriptedBrowser::begin_closing() { script_set_on_socket("readyState", 2); }

void ScriptedBrowser::end_inside_close() { script_set("endsInsideClose", "yes", 3); }

void ScriptedBrowser::end_inside_send() { script_set("endsInsideSend", "yes", 3); }

void ScriptedBrowser::fail_inside_close() { script_set("failsInsideClose", "yes", 3); }

void ScriptedBrowser::behave() { script_behave(); }

void ScriptedBrowser::set_buffered_amount(double bytes) { script_set_on_socket("bufferedAmount", bytes); }

std::vector<std::string> ScriptedBrowser::calls() const {
  std::string joined(script_calls(nullptr, 0), '\0');
  script_calls(joined.data(), joined.size());
  std::vector<std::string> calls;
  for (std::size_t begin = 0; begin < joined.size(); begin += calls.back().size() + 1) {
    calls.push_back(joined.substr(begin, joined.find('\xff', begin) - begin));
  }
  return calls;
}

int ScriptedBrowser::made_calls() const { return script_count("calls"); }

int ScriptedBrowser::reported_exceptions() const { return script_count("reported"); }

int ScriptedBrowser::attached_sockets() const { return script_count("attached"); }

int ScriptedBrowser::pending_timers() const { return script_count("timers"); }
