#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "../../wasm/src/seam.hpp"
#include "../../wasm/src/validation.hpp"
#include "scripted_browser.hpp"

namespace {

using std::chrono::milliseconds;
namespace seam = hawser::seam;

struct ScriptedSocket {
  void* state;
  std::string url;
  std::string protocol;
  std::string extensions;
  int ready_state = 0;
  bool is_attached = true;
  double buffered_amount = 0;
  std::optional<milliseconds> timer;
};

struct Script {
  bool is_supported;
  std::map<seam::Handle, ScriptedSocket> sockets;
  seam::Handle last = 0;
  seam::Handle first = 0;    // of this browser
  seam::Handle current = 0;  // that events go to
  std::vector<std::string> calls;
  int reported_exceptions = 0;
  seam::Status constructor_status = seam::ok;
  seam::Status send_status = seam::ok;
  seam::Status next_send_status = seam::ok;
  seam::Status close_status = seam::ok;
  bool ends_inside_close = false;
  bool ends_inside_send = false;
  bool fails_inside_close = false;
};

std::optional<Script> script;

// These go on from test to test, as they do in one page.
milliseconds now{0};
std::optional<milliseconds> alarm_time;

/// Ends the test program at a handle that was released: the library must not use one (R9).
ScriptedSocket& find(seam::Handle handle) {
  const auto found = script->sockets.find(handle);
  if (found == script->sockets.end()) std::abort();
  return found->second;
}

template <typename Event>
void raise(Event event) {
  try {
    event();
  } catch (...) {
    seam::hawser_on_throw();
    ++script->reported_exceptions;
  }
}

/// Null where the library has released it.
ScriptedSocket* current() {
  const auto found = script->sockets.find(script->current);
  return found == script->sockets.end() ? nullptr : &found->second;
}

template <typename Event>
void raise_on_current(Event event) {
  const ScriptedSocket* const socket = current();
  if (socket && socket->is_attached) raise([state = socket->state, event] { event(state); });
}

/// Whether there was memory to write to.
bool write(void* state, std::string_view data) {
  std::byte* const place = seam::hawser_reserve(state, data.size(), 0);
  if (place) std::ranges::copy(std::as_bytes(std::span(data)), place);
  return place;
}

void raise_close(int code, std::string_view reason, bool was_clean) {
  if (ScriptedSocket* const socket = current()) socket->ready_state = 3;
  raise_on_current([&](void* state) {
    const auto size = write(state, reason) ? reason.size() : 0;
    seam::hawser_on_close(state, code, size, was_clean);
  });
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const auto byte : bytes) {
    for (const auto digit : {byte >> 4, byte & std::byte{15}}) text += "0123456789abcdef"[static_cast<int>(digit)];
  }
  return text;
}

seam::Status to_status(std::string_view exception_name) {
  if (exception_name == "SyntaxError") return seam::syntax_error;
  if (exception_name == "SecurityError") return seam::security_error;
  return seam::other_exception;
}

}  // namespace

namespace hawser::seam {

bool hawser_supported() { return script->is_supported; }

Handle hawser_open(void* state, const char* url, std::size_t url_size, const char* protocols,
                   std::size_t protocols_size) {
  std::string list(protocols, protocols_size);
  if (!list.empty()) list.pop_back();
  script->calls.push_back("new " + std::string(url, url_size) + " [" + list + "]");
  if (script->constructor_status != ok) return -script->constructor_status;
  script->sockets.emplace(
      ++script->last,
      ScriptedSocket{.state = state, .url = {url, url_size}, .protocol = {}, .extensions = {}, .timer = {}});
  script->current = script->last;
  return script->last;
}

Status hawser_send(Handle socket, const std::byte* data, std::size_t size, bool is_text) {
  if (find(socket).ready_state > 1) return closing;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (is_text && !is_utf8(text)) return invalid_utf8;
  script->calls.push_back(is_text ? "send text " + std::string(text) : "send binary " + hex({data, size}));
  if (script->ends_inside_send) raise_close(1006, "", false);
  const Status next = std::exchange(script->next_send_status, ok);
  return next == ok ? script->send_status : next;
}

Status hawser_close(Handle socket, int code, const char* reason, std::size_t reason_size) {
  script->calls.push_back("close " + std::to_string(code) + " " + std::string(reason, reason_size));
  if (script->close_status != ok) return script->close_status;
  find(socket).ready_state = 2;
  if (script->ends_inside_close || script->fails_inside_close) raise_on_current(hawser_on_error);
  if (script->ends_inside_close) raise_close(1006, "", false);
  return ok;
}

int hawser_ready_state(Handle socket) { return find(socket).ready_state; }

double hawser_buffered_amount(Handle socket) { return find(socket).buffered_amount; }

std::size_t hawser_property(Handle socket, Property which, char* into, std::size_t capacity) {
  const auto& found = find(socket);
  const std::string& text = which == url ? found.url : which == protocol ? found.protocol : found.extensions;
  if (text.size() <= capacity) std::ranges::copy(text, into);
  return text.size();
}

void hawser_set_timer(Handle socket, int milliseconds) {
  find(socket).timer = now + std::chrono::milliseconds(milliseconds);
}

void hawser_clear_timer(Handle socket) { find(socket).timer.reset(); }

void hawser_ask_for_each() {}

bool hawser_watch_page() { return true; }

double hawser_now() { return static_cast<double>(now.count()); }

void hawser_set_alarm(double milliseconds) {
  alarm_time = now + std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
}

void hawser_clear_alarm() { alarm_time.reset(); }

void hawser_detach(Handle socket) {
  auto& found = find(socket);
  found.timer.reset();
  found.is_attached = false;
  if (found.ready_state > 1) return;
  found.ready_state = 2;
  script->calls.emplace_back("close");
}

void hawser_release(Handle socket) {
  hawser_detach(socket);
  script->sockets.erase(socket);
}

}  // namespace hawser::seam

ScriptedBrowser::ScriptedBrowser(Support support) {
  // Handles go on counting from test to test, as they do in one page.
  const auto last = script ? script->last : 0;
  script.emplace(
      Script{.is_supported = support == Support::yes, .sockets = {}, .last = last, .first = last + 1, .calls = {}});
}

ScriptedBrowser::~ScriptedBrowser() {
  advance(milliseconds(0x7fffffff));  // what still waits for a turn gets it
}

void ScriptedBrowser::choose(int nth) { script->current = script->first + nth; }

void ScriptedBrowser::open(std::string_view protocol, std::string_view extensions) {
  if (ScriptedSocket* const socket = current()) {
    socket->ready_state = 1;
    socket->protocol = protocol;
    socket->extensions = extensions;
  }
  raise_on_current(seam::hawser_on_open);
}

void ScriptedBrowser::text(std::string_view message) {
  raise_on_current([&](void* state) {
    if (write(state, message)) seam::hawser_on_message(state, message.size(), true);
  });
}

void ScriptedBrowser::binary(std::span<const std::byte> message) {
  raise_on_current([&](void* state) {
    const std::string_view data(reinterpret_cast<const char*>(message.data()), message.size());
    if (write(state, data)) seam::hawser_on_message(state, message.size(), false);
  });
}

void ScriptedBrowser::error() { raise_on_current(seam::hawser_on_error); }

void ScriptedBrowser::close(int code, std::string_view reason, bool was_clean) { raise_close(code, reason, was_clean); }

void ScriptedBrowser::advance(milliseconds time) {
  const auto until = now + time;
  const auto due = [](const auto& entry) { return entry.second.timer.value_or(milliseconds::max()); };
  for (;;) {
    const auto next = std::ranges::min_element(script->sockets, {}, due);
    const auto next_due = next == script->sockets.end() ? milliseconds::max() : due(*next);
    if (alarm_time && *alarm_time <= std::min(next_due, until)) {
      now = *alarm_time;
      alarm_time.reset();
      raise(seam::hawser_on_alarm);
      continue;
    }
    if (next_due > until) break;
    now = next_due;
    next->second.timer.reset();
    raise([state = next->second.state] { seam::hawser_on_timer(state); });
  }
  now = until;
}

void ScriptedBrowser::page(bool is_online) {
  raise([=] { seam::hawser_on_page(is_online); });
}

void ScriptedBrowser::throw_from_constructor(std::string_view name) { script->constructor_status = to_status(name); }

void ScriptedBrowser::throw_from_send() { script->send_status = seam::other_exception; }

void ScriptedBrowser::throw_from_next_send() { script->next_send_status = seam::other_exception; }

void ScriptedBrowser::throw_from_close() { script->close_status = seam::other_exception; }

void ScriptedBrowser::begin_closing() {
  if (ScriptedSocket* const socket = current()) socket->ready_state = 2;
}

void ScriptedBrowser::end_inside_close() { script->ends_inside_close = true; }

void ScriptedBrowser::end_inside_send() { script->ends_inside_send = true; }

void ScriptedBrowser::fail_inside_close() { script->fails_inside_close = true; }

void ScriptedBrowser::set_buffered_amount(double bytes) {
  if (ScriptedSocket* const socket = current()) socket->buffered_amount = bytes;
}

std::vector<std::string> ScriptedBrowser::calls() const { return script->calls; }

int ScriptedBrowser::reported_exceptions() const { return script->reported_exceptions; }

int ScriptedBrowser::attached_sockets() const {
  return static_cast<int>(std::ranges::count_if(script->sockets, [](auto& entry) { return entry.second.is_attached; }));
}

int ScriptedBrowser::pending_timers() const {
  return static_cast<int>(
      std::ranges::count_if(script->sockets, [](auto& entry) { return entry.second.timer.has_value(); }) +
      alarm_time.has_value());
}
