#include <emscripten/em_js.h>

#include <emscripten/emscripten.h>

#include <charconv>

#include "../connection/scheduler.hpp"
#include "../socket/seam.hpp"
#include "script.hpp"

// Addresses and sizes are passed as JavaScript numbers in all builds: with -m64, too, as a double.
// clang-format off

EM_JS(void, hawser_testing_install, (bool isSupported, unsigned seed), {
  // The clock continues from test to test, as in one page.
  const { now = 0, lastTimer = 0, onException } = globalThis.hawserScript ?? {};
  const script = globalThis.hawserScript = { isSupported, calls: [], behaviour: {}, sockets: [], timers: new Map(), now, lastTimer, onException, reported: 0,
    saved: { WebSocket: globalThis.WebSocket, setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }, random: Math.random };

  script.raise = (event) => {
    try {
      event();
    } catch (exception) {
      ++script.reported;
      script.lastReported = exception;
      script.onException?.(exception);
    }
  };
  script.note = (socket, call) => script.calls.push(`${socket} ${call}`);
  const throwIf = (name) => { if (name) throw new DOMException("scripted", name); };
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  // Browsers reject memory that may change during the call. Node accepts it.
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
      this.protocols = protocols;
      this.number = script.sockets.length;
      script.note(this.number, `new ${url} [${protocols}]`);
      throwIf(script.behaviour.constructorException);
      if (script.behaviour.closesFromTheStart) this.readyState = 3;
      script.sockets.push(this);
    }

    send(data) {
      refuseLentMemory(data);
      script.note(this.number, typeof data == "string" ? `send text ${data}` : `send binary ${hex(new Uint8Array(data.buffer ?? data, data.byteOffset, data.byteLength))}`);
      if (this.isStalled) this.bufferedAmount += typeof data == "string" ? new TextEncoder().encode(data).length : data.byteLength;
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
      script.note(this.number, code == undefined ? "close" : `close ${code} ${reason ?? ""}`);
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
  // Mulberry32, the same as in native_seam.cpp: delays are the same natively and in wasm.
  let state = seed;
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
  globalThis.clearTimeout = (timer) => void script.timers.delete(timer);
});

EM_JS(void, hawser_testing_uninstall, (), {
  Object.assign(globalThis, globalThis.hawserScript.saved);
  Math.random = globalThis.hawserScript.random;
  delete performance.now; // so that the prototype's method is visible again
  delete globalThis.navigator?.onLine;
});

EM_JS(void, hawser_testing_event, (int number, double name, double data, double size, bool isText), {
  const script = globalThis.hawserScript;
  const socket = script.sockets[number];
  const bytes = HEAPU8.slice(data, data + size);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const kind = UTF8ToString(name);
  if (!socket) return;
  if (kind == "open") socket.readyState = 1;
  const event = kind == "message" ? { data: isText ? text : bytes.buffer } : {};
  script.raise(() => socket["on" + kind]?.(event));
});

EM_JS(void, hawser_testing_close, (int number, int code, double reason, double size, bool wasClean), {
  const script = globalThis.hawserScript;
  const socket = script.sockets[number];
  if (!socket) return;
  socket.readyState = 3;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(HEAPU8.slice(reason, reason + size));
  script.raise(() => socket.onclose?.({ code, reason: text, wasClean }));
});

EM_JS(bool, hawser_testing_run_next, (double until), {
  const script = globalThis.hawserScript;
  const [id, timer] = [...script.timers].sort((a, b) => a[1].due - b[1].due)[0] ?? [];
  if (!timer || timer.due > until) {
    script.now = Math.max(script.now, until); // a handler may have advanced time further
    return false;
  }
  script.now = Math.max(script.now, timer.due);
  script.timers.delete(id);
  script.raise(timer.callback);
  return true;
});

EM_JS(void, hawser_testing_pass, (double time), { globalThis.hawserScript.now += time; });

EM_JS(void, hawser_testing_block, (), {
  const script = globalThis.hawserScript;
  const due = [...script.timers].filter(([, timer]) => timer.due <= script.now).sort((a, b) => a[1].due - b[1].due);
  for (const [id, timer] of due) {
    if (script.timers.delete(id)) script.raise(timer.callback);
  }
});

EM_JS(void, hawser_testing_set, (double name, double value, double size), {
  globalThis.hawserScript.behaviour[UTF8ToString(name)] = UTF8ToString(value, size);
});

EM_JS(void, hawser_testing_behave, (), { globalThis.hawserScript.behaviour = {}; });

EM_JS(void, hawser_testing_set_on_socket, (int number, double name, double value), {
  globalThis.hawserScript.sockets[number][UTF8ToString(name)] = value;
});

EM_JS(void, hawser_testing_set_text_on_socket, (int number, double name, double value, double size), {
  globalThis.hawserScript.sockets[number][UTF8ToString(name)] = UTF8ToString(value, size);
});

EM_JS(double, hawser_testing_property, (int number, double name, double into, double capacity), {
  const bytes = new TextEncoder().encode(globalThis.hawserScript.sockets[number][UTF8ToString(name)]);
  if (bytes.length <= capacity) HEAPU8.set(bytes, into);
  return bytes.length;
});

EM_JS(int, hawser_testing_ready_state, (int number), { return globalThis.hawserScript.sockets[number].readyState; });

EM_JS(double, hawser_testing_now, (), { return globalThis.hawserScript.now; });

// For sessions that start later. Node's navigator has no such property, so this one is removed
// again at the end.
EM_JS(void, hawser_testing_set_online, (bool isOnline), {
  if (globalThis.navigator) Object.defineProperty(globalThis.navigator, "onLine", { value: isOnline, configurable: true });
});

// Writes each call as UTF-8 followed by the byte 255, which never occurs in UTF-8. Returns the
// total size.
EM_JS(double, hawser_testing_calls, (double count, double into, double capacity), {
  const encoder = new TextEncoder();
  const bytes = globalThis.hawserScript.calls.slice(count).flatMap((call) => [...encoder.encode(call), 255]);
  if (bytes.length <= capacity) HEAPU8.set(bytes, into);
  return bytes.length;
});

EM_JS(int, hawser_testing_count, (double name), {
  const script = globalThis.hawserScript;
  const counts = { calls: script.calls.length, sockets: script.sockets.length, reported: script.reported, timers: script.timers.size,
                   attached: script.sockets.filter((socket) => socket.onclose).length };
  return counts[UTF8ToString(name)];
});

EM_JS_DEPS(hawser_testing, "$UTF8ToString");

// clang-format on

namespace hawser::testing::script {

namespace {

double at(const void* address) {
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(address));
}
double at(std::string_view text) { return at(static_cast<const void*>(text.data())); }
double length(std::string_view text) { return static_cast<double>(text.size()); }
int count(const char* what) { return hawser_testing_count(at(what)); }

std::string property(int socket, const char* name) {
  std::string text(static_cast<std::size_t>(hawser_testing_property(socket, at(name), 0, 0)), '\0');
  hawser_testing_property(socket, at(name), at(text), length(text));
  return text;
}

const char* name(Fault fault) {
  switch (fault) {
    case Fault::closed_from_the_start: return "closesFromTheStart";
    case Fault::exception_from_send: return "sendException";
    case Fault::exception_from_next_send: return "nextSendException";
    case Fault::exception_from_close: return "closeException";
    case Fault::end_inside_close: return "endsInsideClose";
    case Fault::error_inside_close: return "failsInsideClose";
    case Fault::end_inside_send: return "endsInsideSend";
  }
}

/// Parses "NUMBER new …", "NUMBER send text …", and so on.
Call to_call(std::string_view line) {
  Call call{.socket = 0, .what = Call::What::abandon};
  const auto* const end = std::from_chars(line.data(), line.data() + line.size(), call.socket).ptr;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
  using Kind = std::pair<std::string_view, Call::What>;
  for (const auto& [start, what] :
       {Kind{"new ", Call::What::construct}, Kind{"send text ", Call::What::text},
        Kind{"send binary ", Call::What::binary}, Kind{"close ", Call::What::close}}) {
    if (!line.starts_with(start)) continue;
    call.what = what;
    call.data = line.substr(start.size());
  }
  return call;
}

}  // namespace

void begin(bool is_supported, std::uint64_t seed) {
  seam::hawser_clear_alarm();  // the real one, for timers that are already running
  hawser_testing_install(is_supported, static_cast<unsigned>(seed ^ (seed >> 32)));
  hawser::detail::reset_alarm();  // on this clock
}

void end() { hawser_testing_uninstall(); }

int sockets() { return count("sockets"); }

std::string url(int socket) { return property(socket, "url"); }

std::string protocols(int socket) { return property(socket, "protocols"); }

int ready_state(int socket) { return hawser_testing_ready_state(socket); }

void open(int socket, std::string_view protocol, std::string_view extensions) {
  hawser_testing_set_text_on_socket(socket, at("protocol"), at(protocol), length(protocol));
  hawser_testing_set_text_on_socket(socket, at("extensions"), at(extensions), length(extensions));
  hawser_testing_event(socket, at("open"), 0, 0, false);
}

void message(int socket, const Message& message) {
  const auto data = message.text();
  hawser_testing_event(socket, at("message"), at(data), length(data), message.is_text());
}

void error(int socket) { hawser_testing_event(socket, at("error"), 0, 0, false); }

void close(int socket, int code, std::string_view reason, bool was_clean) {
  hawser_testing_close(socket, code, at(reason), length(reason), was_clean);
}

void begin_closing(int socket) { hawser_testing_set_on_socket(socket, at("readyState"), 2); }

void set_buffered_amount(int socket, double bytes) {
  hawser_testing_set_on_socket(socket, at("bufferedAmount"), bytes);
}

void stall(int socket, bool is_stalled) {
  hawser_testing_set_on_socket(socket, at("isStalled"), is_stalled);
}

bool run_next(std::chrono::milliseconds until) {
  return hawser_testing_run_next(static_cast<double>(until.count()));
}

void pass(std::chrono::milliseconds time) {
  hawser_testing_pass(static_cast<double>(time.count()));
}

void block(std::chrono::milliseconds time) {
  pass(time);
  hawser_testing_block();
}

std::chrono::milliseconds now() {
  return std::chrono::milliseconds(static_cast<std::int64_t>(hawser_testing_now()));
}

void page(bool is_online, bool is_visible) {
  hawser_testing_set_online(is_online);
  seam::hawser_on_page(is_online, is_visible);
}

void set(Fault fault) {
  const std::string_view exception = "DataCloneError";
  hawser_testing_set(at(name(fault)), at(exception), length(exception));
}

void set_constructor_exception(std::string_view name) {
  hawser_testing_set(at("constructorException"), at(name), length(name));
}

void behave() { hawser_testing_behave(); }

std::vector<Call> calls_after(std::size_t count) {
  const auto first = static_cast<double>(count);
  // NOLINTNEXTLINE(misc-const-correctness): JavaScript writes to it
  std::string joined(static_cast<std::size_t>(hawser_testing_calls(first, 0, 0)), '\0');
  hawser_testing_calls(first, at(joined), length(joined));
  std::vector<Call> calls;
  for (std::size_t begin = 0; begin < joined.size();) {
    const auto end = joined.find('\xff', begin);
    calls.push_back(to_call(std::string_view(joined).substr(begin, end - begin)));
    begin = end + 1;
  }
  return calls;
}

int count_calls() { return count("calls"); }

int reported_exceptions() { return count("reported"); }

int attached_sockets() { return count("attached"); }

int pending_timers() { return count("timers"); }

}  // namespace hawser::testing::script
