#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "../../wasm/src/socket/seam.hpp"
#include "../../wasm/src/socket/utf8.hpp"
#include "scripted_browser.hpp"

namespace {

using std::chrono::milliseconds;
namespace seam = hawser::seam;

/// Those that are due at the same time fire in the order in which they were set.
struct Timer {
  milliseconds due;
  std::uint64_t order;

  auto operator<=>(const Timer&) const = default;
};

struct ScriptedSocket {
  void* state;
  std::string url;
  std::string protocol;
  std::string extensions;
  int ready_state = 0;
  bool is_attached = true;
  double buffered_amount = 0;
  std::optional<Timer> timer;
};

struct Behaviour {
  seam::Status constructor_status = seam::ok;
  seam::Status send_status = seam::ok;
  seam::Status next_send_status = seam::ok;
  seam::Status close_status = seam::ok;
  bool closes_from_the_start = false;
  bool ends_inside_close = false;
  bool ends_inside_send = false;
  bool fails_inside_close = false;
};

struct Script {
  bool is_supported;
  std::map<seam::Handle, ScriptedSocket> sockets;
  seam::Handle last = 0;
  seam::Handle first = 0;    // of this browser
  seam::Handle current = 0;  // that events go to
  std::vector<std::string> calls;
  int reported_exceptions = 0;
  Behaviour behaviour = {};
};

std::optional<Script> script;

// These go on from test to test, as they do in one page.
milliseconds now{0};
std::uint64_t timers_set = 0;
std::optional<milliseconds> alarm_time;

// As shim.js has it: where the last data was written, and how many bytes of the next may go there without asking.
std::size_t room = 0;
std::byte* place = nullptr;

/// What other threads have posted, and the thread that has the browser.
std::mutex posted_mutex;
std::vector<std::pair<void (*)(void*), void*>> posted;
std::thread::id thread_of_browser;

void run_posted() {
  std::unique_lock lock(posted_mutex);
  const auto due = std::exchange(posted, {});
  lock.unlock();  // what is called may post more
  for (const auto& [act, argument] : due) act(argument);
}

/// Ends the test program at a handle that was released: the library must not use one.
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
ScriptedSocket* find_if_there(seam::Handle handle) {
  const auto found = script->sockets.find(handle);
  return found == script->sockets.end() ? nullptr : &found->second;
}

ScriptedSocket* current() { return find_if_there(script->current); }

template <typename Event>
void raise_on(seam::Handle handle, Event event) {
  const ScriptedSocket* const socket = find_if_there(handle);
  if (socket && socket->is_attached) raise([state = socket->state, event] { event(state); });
}

bool reserve(void* state, std::size_t size, std::size_t kept) {
  if (room == 0 || size > room || kept > 0) place = seam::hawser_reserve(state, size, place, kept);
  room = 0;  // until the message's event has returned
  return place;
}

/// Whether there was memory to write to.
bool write(void* state, std::string_view data) {
  if (!reserve(state, data.size(), 0)) return false;
  std::ranges::copy(std::as_bytes(std::span(data)), place);
  return true;
}

/// Longer text that is not ASCII comes in two pieces, as from shim.js where one byte for each UTF-16 unit was too
/// little.
bool write_text(void* state, std::string_view text) {
  const bool is_ascii = std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
  if (is_ascii || text.size() < 64) return write(state, text);
  const auto bytes = std::as_bytes(std::span(text));
  const std::size_t half = text.size() / 2;
  if (!reserve(state, half, 0)) return false;
  std::ranges::copy(bytes.first(half), place);
  if (!reserve(state, text.size(), half)) return false;
  std::ranges::copy(bytes.subspan(half), place + half);
  return true;
}

/// As shim.js reserves it: three bytes for each UTF-16 code unit.
std::size_t room_for_reason(std::string_view reason) {
  const auto units = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0xf0 ? 2u : (byte & 0xc0) != 0x80 ? 1u : 0u;
  };
  std::size_t sum = 0;
  for (const char c : reason) sum += units(c);
  return 3 * sum;
}

void raise_close(seam::Handle handle, int code, std::string_view reason, bool was_clean) {
  if (ScriptedSocket* const socket = find_if_there(handle)) socket->ready_state = 3;
  raise_on(handle, [&](void* state) {
    const bool is_written = reserve(state, room_for_reason(reason), 0);
    if (is_written) std::ranges::copy(std::as_bytes(std::span(reason)), place);
    const auto size = is_written ? reason.size() : 0;
    seam::hawser_on_close(state, code, place, size, was_clean);
  });
}

void deliver(void* state, std::size_t size, bool is_text) {
  std::byte* const written = place;  // events that are raised inside this one may write elsewhere
  room = static_cast<std::size_t>(seam::hawser_on_message(state, written, size, is_text));
  place = written;
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
  if (script->behaviour.constructor_status != ok) return -script->behaviour.constructor_status;
  script->sockets.emplace(
      ++script->last,
      ScriptedSocket{.state = state, .url = {url, url_size}, .protocol = {}, .extensions = {}, .timer = {}});
  script->current = script->last;
  if (script->behaviour.closes_from_the_start) current()->ready_state = 3;
  return script->last;
}

Status hawser_send(Handle socket, const std::byte* data, std::size_t size, bool is_text) {
  if (find(socket).ready_state > 1) return closing;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (is_text && !is_utf8(text)) {
    if (size < short_text) std::abort();  // the library must judge text as short as this
    return invalid_utf8;
  }
  script->calls.push_back(is_text ? "send text " + std::string(text) : "send binary " + hex({data, size}));
  if (script->behaviour.ends_inside_send) raise_close(socket, 1006, "", false);
  const Status next = std::exchange(script->behaviour.next_send_status, ok);
  return next == ok ? script->behaviour.send_status : next;
}

Status hawser_close(Handle socket, int code, const char* reason, std::size_t reason_size) {
  script->calls.push_back("close " + std::to_string(code) + " " + std::string(reason, reason_size));
  const Behaviour behaviour = script->behaviour;
  if (behaviour.close_status == ok) find(socket).ready_state = 2;
  if (behaviour.ends_inside_close || behaviour.fails_inside_close) raise_on(socket, hawser_on_error);
  if (behaviour.ends_inside_close) raise_close(socket, 1006, "", false);
  return behaviour.close_status;
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
  find(socket).timer = {now + std::chrono::milliseconds(milliseconds), ++timers_set};
}

void hawser_clear_timer(Handle socket) { find(socket).timer.reset(); }

void hawser_ask_for_each() { room = 0; }

void hawser_post(void (*act)(void*), void* argument) {
  const std::lock_guard lock(posted_mutex);
  posted.emplace_back(act, argument);
}

void hawser_call(void* call) {
  raise([call] { hawser_run_call(call); });
}

void hawser_end_thread() {
  {
    const std::lock_guard lock(posted_mutex);
    if (thread_of_browser != std::this_thread::get_id()) return;
    posted.clear();
  }
  for (const auto& [handle, socket] : script->sockets) hawser_detach(handle);
  alarm_time.reset();
}

bool hawser_watch_page() { return true; }

double hawser_now() { return static_cast<double>(now.count()); }

double hawser_random() {
  static std::mt19937 random;
  return std::generate_canonical<double, 53>(random);
}

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
  room = 0;  // the last socket takes the place with it
}

}  // namespace hawser::seam

ScriptedBrowser::ScriptedBrowser(Support support) {
  // Handles go on counting from test to test, as they do in one page.
  const auto last = script ? script->last : 0;
  script.emplace(
      Script{.is_supported = support == Support::yes, .sockets = {}, .last = last, .first = last + 1, .calls = {}});
  const std::lock_guard lock(posted_mutex);
  thread_of_browser = std::this_thread::get_id();
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
  raise_on(script->current, seam::hawser_on_open);
}

void ScriptedBrowser::text(std::string_view message) {
  raise_on(script->current, [&](void* state) {
    if (write_text(state, message)) deliver(state, message.size(), true);
  });
}

void ScriptedBrowser::binary(std::span<const std::byte> message) {
  raise_on(script->current, [&](void* state) {
    const std::string_view data(reinterpret_cast<const char*>(message.data()), message.size());
    if (write(state, data)) deliver(state, message.size(), false);
  });
}

void ScriptedBrowser::error() { raise_on(script->current, seam::hawser_on_error); }

void ScriptedBrowser::close(int code, std::string_view reason, bool was_clean) {
  raise_close(script->current, code, reason, was_clean);
}

void ScriptedBrowser::advance(milliseconds time) {
  run_posted();
  const auto until = now + time;
  static constexpr Timer never{milliseconds::max(), 0};
  const auto timer = [](const auto& entry) { return entry.second.timer.value_or(never); };
  for (;;) {
    const auto next = std::ranges::min_element(script->sockets, {}, timer);
    const auto next_due = next == script->sockets.end() ? never.due : timer(*next).due;
    if (alarm_time && *alarm_time <= std::min(next_due, until)) {
      now = std::max(now, *alarm_time);
      alarm_time.reset();
      raise(seam::hawser_on_alarm);
      continue;
    }
    if (next_due > until) break;
    now = std::max(now, next_due);
    next->second.timer.reset();
    raise([state = next->second.state] { seam::hawser_on_timer(state); });
  }
  now = std::max(now, until);  // a handler may have let more time pass
}

void ScriptedBrowser::stall(milliseconds time) {
  now += time;
  std::vector<std::pair<Timer, seam::Handle>> due;
  for (const auto& [handle, socket] : script->sockets) {
    if (socket.timer && socket.timer->due <= now) due.emplace_back(*socket.timer, handle);
  }
  std::ranges::sort(due);
  if (alarm_time && *alarm_time <= now) {
    alarm_time.reset();
    raise(seam::hawser_on_alarm);
  }
  for (const auto& [timer, handle] : due) {
    ScriptedSocket* const socket = find_if_there(handle);
    if (!socket || socket->timer != timer) continue;
    socket->timer.reset();
    raise([state = socket->state] { seam::hawser_on_timer(state); });
  }
}

void ScriptedBrowser::page(bool is_online, bool is_visible) {
  raise([=] { seam::hawser_on_page(is_online, is_visible); });
}

void ScriptedBrowser::throw_from_constructor(std::string_view name) {
  script->behaviour.constructor_status = to_status(name);
}

void ScriptedBrowser::close_from_the_start() { script->behaviour.closes_from_the_start = true; }

void ScriptedBrowser::throw_from_send() { script->behaviour.send_status = seam::other_exception; }

void ScriptedBrowser::throw_from_next_send() { script->behaviour.next_send_status = seam::other_exception; }

void ScriptedBrowser::throw_from_close() { script->behaviour.close_status = seam::other_exception; }

void ScriptedBrowser::behave() { script->behaviour = {}; }

void ScriptedBrowser::begin_closing() {
  if (ScriptedSocket* const socket = current()) socket->ready_state = 2;
}

void ScriptedBrowser::end_inside_close() { script->behaviour.ends_inside_close = true; }

void ScriptedBrowser::end_inside_send() { script->behaviour.ends_inside_send = true; }

void ScriptedBrowser::fail_inside_close() { script->behaviour.fails_inside_close = true; }

void ScriptedBrowser::set_buffered_amount(double bytes) {
  if (ScriptedSocket* const socket = current()) socket->buffered_amount = bytes;
}

std::vector<std::string> ScriptedBrowser::calls() const { return script->calls; }

int ScriptedBrowser::made_calls() const { return static_cast<int>(script->calls.size()); }

int ScriptedBrowser::reported_exceptions() const { return script->reported_exceptions; }

int ScriptedBrowser::attached_sockets() const {
  return static_cast<int>(std::ranges::count_if(script->sockets, [](auto& entry) { return entry.second.is_attached; }));
}

int ScriptedBrowser::pending_timers() const {
  return static_cast<int>(
      std::ranges::count_if(script->sockets, [](auto& entry) { return entry.second.timer.has_value(); }) +
      alarm_time.has_value());
}
