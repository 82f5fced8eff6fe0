#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../socket/seam.hpp"
#include "../socket/utf8.hpp"
#include "script.hpp"

namespace {

using hawser::testing::script::Call;
using hawser::testing::script::Fault;
using std::chrono::milliseconds;
namespace seam = hawser::seam;

/// Timers that are due at the same time fire in the order in which they were set.
struct Timer {
  milliseconds due;
  std::uint64_t order;

  auto operator<=>(const Timer&) const = default;
};

struct ScriptedSocket {
  void* state;
  std::string url;
  std::string protocols;
  std::string protocol = {};
  std::string extensions = {};
  int ready_state = 0;
  bool is_attached = true;
  bool is_stalled = false;
  double buffered_amount = 0;
  std::optional<Timer> timer = {};
};

/// What a test may read from a socket, even after the library has released it.
struct SocketFacts {
  std::string url;
  std::string protocols;
  int ready_state;
};

struct Behaviour {
  seam::Status constructor_status = seam::ok;
  std::set<Fault> faults = {};

  bool has(Fault fault) const { return faults.contains(fault); }
};

struct Script {
  bool is_supported;
  std::map<seam::Handle, ScriptedSocket> sockets = {};
  std::map<seam::Handle, SocketFacts> released = {};
  seam::Handle last = 0;
  seam::Handle first = 0;  // the first handle of this browser
  std::uint32_t random = 0;
  std::vector<Call> calls = {};
  int reported_exceptions = 0;
  Behaviour behaviour = {};
};

std::optional<Script> browser;

// A page may be offline or hidden before any session asks.
bool is_online = true;

// These continue from test to test, as in one page.
milliseconds time_now{0};
std::uint64_t timers_set = 0;
std::optional<milliseconds> alarm_time;

// The same as in shim.js: where the previous data was written, and how many bytes the next message
// may write there without calling reserve.
std::size_t room = 0;
std::byte* place = nullptr;

/// Calls posted by other threads, and the thread that owns the browser.
std::mutex posted_mutex;
std::vector<std::pair<void (*)(void*), void*>> posted;
std::thread::id thread_of_browser;

bool run_posted() {
  std::unique_lock lock(posted_mutex);
  const auto due = std::exchange(posted, {});
  lock.unlock();  // because these calls may post more
  for (const auto& [act, argument] : due) act(argument);
  return !due.empty();
}

/// Aborts the test program if the handle was released, because the library must not use it any
/// more.
ScriptedSocket& find(seam::Handle handle) {
  const auto found = browser->sockets.find(handle);
  if (found == browser->sockets.end()) std::abort();
  return found->second;
}

seam::Handle handle_of(int socket) { return browser->first + socket; }

/// Works for live and released sockets.
SocketFacts facts(int number) {
  const auto released = browser->released.find(handle_of(number));
  if (released != browser->released.end()) return released->second;
  const auto& socket = find(handle_of(number));
  return {socket.url, socket.protocols, socket.ready_state};
}

int number_of(seam::Handle handle) { return handle - browser->first; }

template <typename Event>
void raise(Event event) {
  try {
    event();
  } catch (...) {
    seam::hawser_on_throw();
    ++browser->reported_exceptions;
  }
}

/// Null if the library has released the socket.
ScriptedSocket* find_if_there(seam::Handle handle) {
  const auto found = browser->sockets.find(handle);
  return found == browser->sockets.end() ? nullptr : &found->second;
}

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

/// Returns whether there was memory to write to.
bool write(void* state, std::string_view data) {
  if (!reserve(state, data.size(), 0)) return false;
  std::ranges::copy(std::as_bytes(std::span(data)), place);
  return true;
}

/// Longer text that is not ASCII is written in two pieces, as shim.js does if one byte per UTF-16
/// unit was not enough.
bool write_text(void* state, std::string_view text) {
  const bool is_ascii =
      std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
  if (is_ascii || text.size() < 64) return write(state, text);
  const auto bytes = std::as_bytes(std::span(text));
  const std::size_t half = text.size() / 2;
  if (!reserve(state, half, 0)) return false;
  std::ranges::copy(bytes.first(half), place);
  if (!reserve(state, text.size(), half)) return false;
  std::ranges::copy(bytes.subspan(half), place + half);
  return true;
}

/// The size that shim.js reserves: three bytes for each UTF-16 code unit.
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
  std::byte* const written = place;  // nested events may write elsewhere
  room = static_cast<std::size_t>(seam::hawser_on_message(state, written, size, is_text));
  place = written;
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const auto byte : bytes) {
    for (const auto digit : {byte >> 4, byte & std::byte{15}})
      text += "0123456789abcdef"[static_cast<int>(digit)];
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

bool hawser_supported() { return browser->is_supported; }

Handle hawser_open(void* state, const char* url, std::size_t url_size, const char* protocols,
                   std::size_t protocols_size) {
  std::string list(protocols, protocols_size);
  if (!list.empty()) list.pop_back();
  const std::string address(url, url_size);
  browser->calls.push_back(
      {.socket = 0, .what = Call::What::construct, .data = address + " [" + list + "]"});
  const auto& behaviour = browser->behaviour;
  if (behaviour.constructor_status != ok) return -behaviour.constructor_status;
  browser->sockets.emplace(++browser->last,
                           ScriptedSocket{.state = state, .url = address, .protocols = list});
  if (behaviour.has(Fault::closed_from_the_start)) find(browser->last).ready_state = 3;
  return browser->last;
}

Status hawser_send(Handle socket, const std::byte* data, std::size_t size, bool is_text) {
  if (find(socket).ready_state > 1) return closing;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (is_text && !is_utf8(text)) {
    if (size < short_text) std::abort();  // the library must validate text this short itself
    return invalid_utf8;
  }
  browser->calls.push_back({.socket = number_of(socket),
                            .what = is_text ? Call::What::text : Call::What::binary,
                            .data = is_text ? std::string(text) : hex({data, size})});
  const Behaviour behaviour = browser->behaviour;
  browser->behaviour.faults.erase(Fault::exception_from_next_send);
  if (find(socket).is_stalled) find(socket).buffered_amount += static_cast<double>(size);
  if (behaviour.has(Fault::end_inside_send)) raise_close(socket, 1006, "", false);
  const bool throws =
      behaviour.has(Fault::exception_from_send) || behaviour.has(Fault::exception_from_next_send);
  return throws ? other_exception : ok;
}

Status hawser_close(Handle socket, int code, const char* reason, std::size_t reason_size) {
  browser->calls.push_back({.socket = number_of(socket),
                            .what = Call::What::close,
                            .data = std::to_string(code) + " " + std::string(reason, reason_size)});
  const Behaviour behaviour = browser->behaviour;
  const bool throws = behaviour.has(Fault::exception_from_close);
  if (!throws) find(socket).ready_state = 2;
  const bool ends = behaviour.has(Fault::end_inside_close);
  if (ends || behaviour.has(Fault::error_inside_close)) raise_on(socket, hawser_on_error);
  if (ends) raise_close(socket, 1006, "", false);
  return throws ? other_exception : ok;
}

int hawser_ready_state(Handle socket) { return find(socket).ready_state; }

double hawser_buffered_amount(Handle socket) { return find(socket).buffered_amount; }

std::size_t hawser_property(Handle socket, Property which, char* into, std::size_t capacity) {
  const auto& found = find(socket);
  const std::string& text = which == url        ? found.url
                            : which == protocol ? found.protocol
                                                : found.extensions;
  if (text.size() <= capacity) std::ranges::copy(text, into);
  return text.size();
}

void hawser_set_timer(Handle socket, int milliseconds) {
  find(socket).timer = {time_now + std::chrono::milliseconds(milliseconds), ++timers_set};
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
  for (const auto& [handle, socket] : browser->sockets) hawser_detach(handle);
  alarm_time.reset();
}

bool hawser_watch_page() { return is_online; }

double hawser_now() { return static_cast<double>(time_now.count()); }

// Mulberry32, the same as in page_globals.cpp: delays are the same natively and in wasm.
double hawser_random() {
  std::uint32_t x = browser->random += 0x6d2b79f5;
  x = (x ^ (x >> 15)) * (x | 1);
  x ^= x + (x ^ (x >> 7)) * (x | 61);
  return (x ^ (x >> 14)) / 4294967296.0;
}

void hawser_set_alarm(double milliseconds) {
  alarm_time = time_now + std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
}

void hawser_clear_alarm() { alarm_time.reset(); }

void hawser_detach(Handle socket) {
  auto& found = find(socket);
  found.timer.reset();
  found.is_attached = false;
  if (found.ready_state > 1) return;
  found.ready_state = 2;
  browser->calls.push_back({.socket = number_of(socket), .what = Call::What::abandon});
}

void hawser_release(Handle socket) {
  hawser_detach(socket);
  browser->released.emplace(socket, facts(number_of(socket)));
  browser->sockets.erase(socket);
  room = 0;  // if this was the last socket, its buffer is freed
}

}  // namespace hawser::seam

namespace hawser::testing::script {

void begin(bool is_supported, std::uint64_t seed) {
  // Handles continue from test to test, as in one page.
  const auto last = browser ? browser->last : 0;
  browser.emplace(Script{.is_supported = is_supported,
                         .last = last,
                         .first = last + 1,
                         .random = static_cast<std::uint32_t>(seed ^ (seed >> 32))});
  is_online = true;
  const std::lock_guard lock(posted_mutex);
  thread_of_browser = std::this_thread::get_id();
}

void end() {}

int sockets() { return browser->last - browser->first + 1; }

std::string url(int socket) { return facts(socket).url; }

std::string protocols(int socket) { return facts(socket).protocols; }

int ready_state(int socket) { return facts(socket).ready_state; }

void open(int socket, std::string_view protocol, std::string_view extensions) {
  if (ScriptedSocket* const found = find_if_there(handle_of(socket))) {
    found->ready_state = 1;
    found->protocol = protocol;
    found->extensions = extensions;
  }
  raise_on(handle_of(socket), seam::hawser_on_open);
}

void message(int socket, const Message& message) {
  raise_on(handle_of(socket), [&](void* state) {
    const auto data = message.text();
    const bool is_written = message.is_text() ? write_text(state, data) : write(state, data);
    if (is_written) deliver(state, data.size(), message.is_text());
  });
}

void error(int socket) { raise_on(handle_of(socket), seam::hawser_on_error); }

void close(int socket, int code, std::string_view reason, bool was_clean) {
  raise_close(handle_of(socket), code, reason, was_clean);
}

void begin_closing(int socket) {
  if (ScriptedSocket* const found = find_if_there(handle_of(socket))) found->ready_state = 2;
}

void set_buffered_amount(int socket, double bytes) {
  if (ScriptedSocket* const found = find_if_there(handle_of(socket)))
    found->buffered_amount = bytes;
}

void stall(int socket, bool is_stalled) {
  if (ScriptedSocket* const found = find_if_there(handle_of(socket)))
    found->is_stalled = is_stalled;
}

bool run_next(milliseconds until) {
  if (run_posted()) return true;
  static constexpr Timer never{milliseconds::max(), 0};
  const auto timer = [](const auto& entry) { return entry.second.timer.value_or(never); };
  const auto next = std::ranges::min_element(browser->sockets, {}, timer);
  const auto due = next == browser->sockets.end() ? never.due : timer(*next).due;
  if (alarm_time && *alarm_time <= std::min(due, until)) {
    time_now = std::max(time_now, *alarm_time);
    alarm_time.reset();
    raise(seam::hawser_on_alarm);
    return true;
  }
  if (due > until) {
    time_now = std::max(time_now, until);  // a handler may have advanced time further
    return false;
  }
  time_now = std::max(time_now, due);
  next->second.timer.reset();
  raise([state = next->second.state] { seam::hawser_on_timer(state); });
  return true;
}

void pass(milliseconds time) { time_now += time; }

void block(milliseconds time) {
  pass(time);
  std::vector<std::pair<Timer, seam::Handle>> due;
  for (const auto& [handle, socket] : browser->sockets) {
    if (socket.timer && socket.timer->due <= time_now) due.emplace_back(*socket.timer, handle);
  }
  std::ranges::sort(due);
  if (alarm_time && *alarm_time <= time_now) {
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

milliseconds now() { return time_now; }

void page(bool is_now_online, bool is_visible) {
  is_online = is_now_online;
  raise([=] { seam::hawser_on_page(is_now_online, is_visible); });
}

void set(Fault fault) { browser->behaviour.faults.insert(fault); }

void set_constructor_exception(std::string_view name) {
  browser->behaviour.constructor_status = to_status(name);
}

void behave() { browser->behaviour = {}; }

std::vector<Call> calls_after(std::size_t count) {
  return {browser->calls.begin() + static_cast<std::ptrdiff_t>(count), browser->calls.end()};
}

int count_calls() { return static_cast<int>(browser->calls.size()); }

int reported_exceptions() { return browser->reported_exceptions; }

int attached_sockets() {
  return static_cast<int>(std::ranges::count_if(
      browser->sockets, [](auto& entry) { return entry.second.is_attached; }));
}

int pending_timers() {
  return static_cast<int>(
      std::ranges::count_if(browser->sockets,
                            [](auto& entry) { return entry.second.timer.has_value(); }) +
      alarm_time.has_value());
}

}  // namespace hawser::testing::script
