// Behaviour of the shim alone: JavaScript exceptions, ends of the program's main loop, and the
// objects it keeps.

#include <emscripten/em_js.h>
#include <emscripten/stack.h>

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <span>

#include "../../wasm/src/socket/seam.hpp"
#include "../unit/allocations.hpp"
#include "../unit/connected.hpp"
#include "../unit/opened.hpp"

using hawser::Error;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

// A function that never returns leaves no stack frame behind that the address sanitizer still
// watches.
extern "C" [[noreturn]] void throw_error();

namespace {

// clang-format off
EM_JS(void, throw_error, (), { throw new Error("thrown by JavaScript on purpose"); });
EM_JS(void, unwind, (), { throw "unwind"; });
EM_JS(int, last_handle, (), { return Number(Object.keys(hawserSockets).at(-1)); });
EM_JS(int, set_last_handle, (int handle), {
  const before = hawserLastHandle;
  hawserLastHandle = handle;
  return before;
});
EM_JS(int, count_sockets, (), { return Object.keys(hawserSockets).length; });
EM_JS(void, set_ended, (bool hasEnded), { ABORT = hasEnded; });
EM_JS_DEPS(shim_test, "$hawserSockets,$hawserLastHandle");
// clang-format on

/// Throws from under a large stack frame, which no C++ code unwinds.
[[gnu::noinline]] void throw_under_large_frame() {
  std::array<volatile char, 4096> frame;
  frame.front() = 1;
  frame.back() = 1;
  throw_error();
}

}  // namespace

TEST_CASE(
    "in the shim: Firefox's exception for a connection that a policy forbids means blocked [R1]") {
  hawser::testing::Browser browser;
  browser.throw_from_constructor("NS_ERROR_CONTENT_BLOCKED");
  CHECK(hawser::WebSocket::open("ws://host/").error() == Error::blocked);
}

TEST_CASE("in the shim: a JavaScript exception through a handler restores the stack pointer [R1]") {
  Opened opened;
  opened.socket.on_message([](const hawser::Message&) { throw_under_large_frame(); });
  const auto before = emscripten_stack_get_current();
  for (int i = 0; i < 1000; ++i) opened.browser.peer().send("again");
  CHECK(emscripten_stack_get_current() == before);
  CHECK(opened.browser.reported_exceptions() == 1000);
}

TEST_CASE(
    "in the shim: the exception by which Emscripten leaves the main loop in a handler is not "
    "reported [R1]") {
  Opened opened;
  opened.socket.on_message([](const hawser::Message&) { unwind(); });
  opened.browser.peer().send("first");
  opened.journal.listen_to(opened.socket);
  opened.browser.peer().send("second");
  CHECK(opened.browser.reported_exceptions() == 0);
  CHECK(opened.journal.lines == Lines{"text second"});
}

TEST_CASE(
    "in the shim: once the program has ended, an event is not reported, and takes no memory") {
  const std::string large(100'000, 'x');
  const std::string reason(100, 'r');
  const auto event = GENERATE_REF(values<std::function<void(hawser::testing::Browser&)>>({
      [](auto& browser) { browser.peer().raise_open(""); },
      [&](auto& browser) { browser.peer().raise_message(large); },
      [&](auto& browser) { browser.peer().raise_message(std::as_bytes(std::span(large))); },
      [](auto& browser) { browser.peer().raise_error(); },
      [&](auto& browser) { browser.peer().raise_close(4000, reason); },
      [](auto& browser) { browser.advance(std::chrono::minutes(1)); },  // the deadline
  }));
  const bool is_open = GENERATE(false, true);
  Connecting connecting;
  if (is_open) connecting.browser.peer().accept();
  const auto before = connecting.journal.lines;
  const auto allocated = allocations();
  set_ended(true);
  event(connecting.browser);
  set_ended(false);
  CHECK(allocations() == allocated);
  CHECK(connecting.journal.lines == before);
  CHECK(connecting.browser.reported_exceptions() == 0);
}

TEST_CASE("in the shim: once the program has ended, no coroutine continues") {
  hawser::testing::Browser browser;
  const Awaited slept([] { return hawser::sleep_for(std::chrono::seconds(1)); });
  set_ended(true);
  browser.advance(std::chrono::seconds(2));
  set_ended(false);
  CHECK_FALSE(slept.result);
}

TEST_CASE(
    "in the shim: when a handler has ended the program, not even its leftovers are cleaned up") {
  Opened opened;
  const auto held = std::make_shared<int>();
  opened.socket.on_message([&opened, held](const hawser::Message&) {
    opened.socket.on_message({});  // so that this handler is destroyed when its event is over
    set_ended(true);
    throw_error();
  });
  opened.browser.peer().send("the last");
  set_ended(false);
  CHECK(held.use_count() == 2);
  CHECK(opened.browser.reported_exceptions() == 1);
  hawser::seam::hawser_on_throw();  // for the tests that follow
  CHECK(held.use_count() == 1);
}

TEST_CASE("in the shim: destroyed sockets leave nothing behind [R9]") {
  hawser::testing::Browser browser;
  const int before = count_sockets();
  for (int i = 0; i < 1000; ++i) {
    const auto socket = hawser::WebSocket::open("ws://host/").value();
    browser.peer().accept();
    CHECK(count_sockets() == before + 1);
  }
  CHECK(count_sockets() == before);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("in the shim: a released handle is not reused [R9]") {
  hawser::testing::Browser browser;
  int last = 0;
  for (int i = 0; i < 3; ++i) {
    const auto socket = hawser::WebSocket::open("ws://host/").value();
    CHECK(last_handle() > last);
    last = last_handle();
  }
}

TEST_CASE(
    "in the shim: when the handles are used up, no more sockets open, and none is constructed "
    "[R9]") {
  hawser::testing::Browser browser;
  const int before = set_last_handle(0x7fffffff);
  CHECK(hawser::WebSocket::open("ws://host/").error() == Error::browser_exception);
  CHECK(browser.calls().empty());
  set_last_handle(before);
}

TEST_CASE("in the shim: a message is exact even if memory grows where it is to be written [R8]") {
  const bool is_text = GENERATE(true, false);
  // Text that is written by hand, by the browser, or in two pieces, since it is longer than
  // expected.
  const std::size_t size = GENERATE(3u, 300u, 3'000'000u);
  Opened opened;
  std::string data;
  while (data.size() < size) data += "\u20ac";
  bool is_exact = false;
  opened.socket.on_message([&](const hawser::Message& message) {
    is_exact = message.is_text() == is_text &&
               std::ranges::equal(message.bytes(), std::as_bytes(std::span(data)));
  });
  {
    const MemoryGrowth growth;
    if (is_text)
      opened.browser.peer().send(data);
    else
      opened.browser.peer().send(std::as_bytes(std::span(data)));
  }
  CHECK(is_exact);
}

TEST_CASE(
    "in the shim: text that is longer than expected, and finds no memory, ends its socket, and is "
    "written nowhere "
    "[R8]") {
  Opened opened;
  const std::vector<char> others(12'000'000, 'o');
  const auto size = 2'000'000;
  std::string text(size, 'a');
  for (int i = 0; i < size; ++i) text += "\u20ac";
  {
    const MemoryShortage shortage(2 * size);
    opened.browser.peer().send(text);
  }
  opened.browser.advance(std::chrono::milliseconds(0));
  CHECK(opened.journal.end->error == Error::out_of_memory);
  CHECK(std::ranges::all_of(others, [](char c) { return c == 'o'; }));
}

TEST_CASE(
    "in the shim: text is exact at every boundary of UTF-8, and of the shim's ways to write and "
    "read it [R6]") {
  const std::vector<std::string> characters{"\x7f",       "\u0080",    "\u07ff", "\u0800",
                                            "\ud7ff",     "\ue000",    "\ufffd", "\uffff",
                                            "\U00010000", "\U0010ffff"};
  const std::vector<std::size_t> counts{1, 2, 7, 8, 15, 16, 31, 32, 47, 48, 49, 0x3fff, 0x4000};
  for (const auto& character : characters) {
    for (const auto count : counts) {
      std::string text;
      for (std::size_t i = 0; i < count; ++i) text += character;
      Opened opened;
      opened.browser.peer().send(text);
      CHECK(opened.journal.lines == Lines{"text " + text});
      REQUIRE(opened.socket.send(text));
      CHECK(opened.browser.calls().back() == "send text " + text);
    }
  }
}

TEST_CASE(
    "in the shim: text that does not fit a reader's buffer is not written past its end [R8]") {
  std::vector<std::byte> memory(30);
  Connected connected;
  const auto received = connected.receive_into(std::span(memory).first(20));
  connected.browser.peer().send("\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac");
  CHECK(received.line() == error_line(Error::buffer_too_small));
  CHECK(std::ranges::all_of(std::span(memory).subspan(20),
                            [](std::byte one) { return one == std::byte{0}; }));
}

TEST_CASE("in the shim: a reason without a code is passed to the browser without a code") {
  Opened opened;
  CHECK(hawser::seam::hawser_close(last_handle(), hawser::seam::no_code, "why", 3) ==
        hawser::seam::ok);
  CHECK(opened.browser.calls().back() == "close");
}

TEST_CASE("in the shim: text that is cut within a character is refused, however long it is [R6]") {
  Opened opened;
  const std::vector<std::size_t> sizes{3, 15, 16, 23, 24, 31, 32, 33, 1000};
  const auto is_refused = [&](const std::string& text) {
    return opened.socket.send(text).error_or(Error::connection_timed_out) == Error::invalid_utf8;
  };
  for (const auto size : sizes) {
    auto text = std::string(size - 2, 'a') + "\xe2\x82";
    CHECK(is_refused(text));
    text.replace(0, 3, "\u20ac");
    CHECK(is_refused(text + "\xe2\x82"));
    if (size > 5) CHECK(is_refused(text));
  }
}

TEST_CASE("in the shim: a timer that runs when a testing Browser starts follows its clock") {
  int woken = 0;
  const auto wake_after = [&](std::chrono::milliseconds time) -> Running {
    co_await hawser::sleep_for(time);
    ++woken;
  };
  const Running before = wake_after(1h);
  hawser::testing::Browser browser;
  CHECK(woken == 0);
  browser.advance(2h);
  CHECK(woken == 1);
  const Running during = wake_after(1ms);
  browser.advance(1ms);
  CHECK(woken == 2);
}
