#include <hawser/testing/browser.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <hawser/ready_state.hpp>

#include "describe.hpp"
#include "script.hpp"
#include "state.hpp"

namespace hawser::testing {

using std::chrono::milliseconds;

namespace {

thread_local bool is_there = false;  // one at a time on each thread

}  // namespace

Browser::Browser(BrowserOptions options) : state_(new State{.engine = options.engine}) {
  if (std::exchange(is_there, true)) {
    std::fputs("hawser: the program has a Browser already: destroy it before the next one\n",
               stderr);
    std::abort();
  }
  script::begin(options.is_supported, options.seed);
}

Browser::~Browser() {
  // The next Browser starts with a visible page that is online.
  return_to_page();
  if (!is_online_ || !is_visible_) set_page(true, true);
  advance(milliseconds(0x7fffffff));
  script::end();
  is_there = false;
}

// Connections

std::string Browser::find_connection(std::string_view url) {
  run_until_idle();
  if (expected_connections_ == connections()) {
    const std::string expected =
        url.empty() ? "a connection" : "a connection to " + std::string(url);
    const std::string others =
        connections() == 0
            ? "has started none"
            : "has started no further one (a delayed attempt starts only in advance())";
    return "expected " + expected + ", but the application " + others + describe_exceptions();
  }
  const int number = expected_connections_++;
  const std::string actual = script::url(number);
  if (url.empty() || url == actual) return {};
  return "expected a connection to " + std::string(url) + ", but the application connects to " +
         actual;
}

std::string Browser::find_no_connection() {
  run_until_idle();
  if (expected_connections_ == connections()) return {};
  return "expected no connection, but the application connects to " +
         script::url(expected_connections_);
}

void Browser::on_connection(Handler<void(Peer)> handler) {
  state_->on_connection = std::move(handler);
  expected_connections_ = connections();
}

int Browser::connections() const { return script::sockets(); }

/// Calls the handlers of peers that answer by themselves.
void Browser::attend() {
  const auto& on_connection = state_->on_connection;
  while (on_connection && expected_connections_ < connections()) {
    Peer peer(*this, expected_connections_++);
    peer.on_close([peer](const CloseFrame&) mutable { peer.answer_close(); });
    on_connection(peer);
  }
  for (std::size_t i = 0; i < state_->answering.size();
       ++i) {  // not a range loop, because a handler may append to it
    Peer(*this, state_->answering[i]).attend();
  }
}

// Time

void Browser::advance(milliseconds time) {
  if (is_left_) return script::pass(time);
  const auto until = now() + time;
  do {
    attend();
  } while (script::run_next(until));
}

void Browser::block(milliseconds time) { is_left_ ? script::pass(time) : script::block(time); }

milliseconds Browser::now() const { return script::now(); }

// The page

void Browser::set_page(bool is_online, bool is_visible) {
  is_online_ = is_online;
  is_visible_ = is_visible;
  script::page(is_online && !is_left_, is_visible);
}

void Browser::leave_page() {
  if (is_left_) return;
  is_left_ = true;
  set_page(is_online_, is_visible_);
  for (int socket = 0; socket < connections(); ++socket) {
    if (script::ready_state(socket) != static_cast<int>(ReadyState::closed))
      state_->lost.push_back(socket);
  }
}

void Browser::return_to_page() {
  if (!is_left_) return;
  is_left_ = false;
  set_page(is_online_, is_visible_);
  for (const int socket : std::exchange(state_->lost, {})) Peer(*this, socket).cut();
}

// Faults

void Browser::throw_from_constructor(std::string_view exception_name) {
  script::set_constructor_exception(exception_name);
}

void Browser::close_from_the_start() { script::set(script::Fault::closed_from_the_start); }

void Browser::throw_from_send() { script::set(script::Fault::exception_from_send); }

void Browser::throw_from_next_send() { script::set(script::Fault::exception_from_next_send); }

void Browser::throw_from_close() { script::set(script::Fault::exception_from_close); }

void Browser::end_inside_close() { script::set(script::Fault::end_inside_close); }

void Browser::fail_inside_close() { script::set(script::Fault::error_inside_close); }

void Browser::end_inside_send() { script::set(script::Fault::end_inside_send); }

void Browser::behave() { script::behave(); }

// What the application did

std::vector<std::string> Browser::calls() const {
  std::vector<std::string> lines;
  for (const auto& call : script::calls_after(0)) lines.push_back(to_line(call));
  return lines;
}

int Browser::made_calls() const { return script::count_calls(); }

int Browser::reported_exceptions() const { return script::reported_exceptions(); }

int Browser::attached_sockets() const { return script::attached_sockets(); }

int Browser::pending_timers() const { return script::pending_timers(); }

}  // namespace hawser::testing
