// Payloads that are JavaScript values, and were never in the program's memory.

#include <emscripten/em_js.h>

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>
#include <hawser/value.hpp>

#include <array>
#include <optional>

#include "../unit/opened.hpp"

using emscripten::val;
using hawser::Error;
using Lines = std::vector<std::string>;

// A function that never returns leaves no stack frame behind that the address sanitizer still
// watches.
extern "C" [[noreturn]] void throw_from_javascript();

namespace {

// clang-format off
EM_JS(int, count_values, (), { return count_emval_handles(); });
EM_JS(void, throw_from_javascript, (), { throw new Error("thrown by JavaScript on purpose"); });
EM_JS(void, set_program_ended, (bool hasEnded), { ABORT = hasEnded; });
EM_JS_DEPS(value_test, "$count_emval_handles");
// clang-format on

val bytes(const char* buffer_class) {
  const val buffer = val::global(buffer_class).new_(4);
  val view = val::global("Uint8Array").new_(buffer, 1, 2);
  view.set(0, 1);
  view.set(1, 255);
  return view;
}

val lone_surrogate() { return val::global("String").call<val>("fromCharCode", 0xd800); }

std::string last_call(const Opened& opened) { return opened.browser.calls().back(); }

}  // namespace

TEST_CASE("a JavaScript string is sent as text, exact to the character [R6]") {
  Opened opened;
  REQUIRE(opened.socket.send(val::u8string("\ufeffa€🚀")));
  CHECK(last_call(opened) == "send text \ufeffa€🚀");
}

TEST_CASE("once the program has ended, a value is not reported, and not kept") {
  Opened opened;
  int values = 0;
  opened.socket.on_value([&](const val&) { ++values; });
  const int before = count_values();
  set_program_ended(true);
  opened.browser.peer().send("late");
  set_program_ended(false);
  CHECK(values == 0);
  CHECK(count_values() == before);
}

TEST_CASE("a view of an ArrayBuffer is sent as the bytes in the view") {
  Opened opened;
  REQUIRE(opened.socket.send(bytes("ArrayBuffer")));
  CHECK(last_call(opened) == "send binary 01ff");
}

TEST_CASE("a view of shared memory is copied, since Web APIs refuse it [R8]") {
  Opened opened;
  REQUIRE(opened.socket.send(bytes("SharedArrayBuffer")));
  CHECK(last_call(opened) == "send binary 01ff");
  REQUIRE(opened.socket.send(bytes("SharedArrayBuffer")["buffer"]));
  CHECK(last_call(opened) == "send binary 0001ff00");
}

TEST_CASE(
    "a view of the program's own memory is sent as its bytes, whatever kind of memory it is [R8]") {
  Opened opened;
  const std::array<unsigned char, 2> data{1, 255};
  REQUIRE(opened.socket.send(val(emscripten::typed_memory_view(data.size(), data.data()))));
  CHECK(last_call(opened) == "send binary 01ff");
}

TEST_CASE("a string with a lone surrogate is refused before the browser replaces it [R6]") {
  Opened opened;
  const auto before = opened.browser.calls();
  CHECK(opened.socket.send(lone_surrogate()).error() == Error::invalid_utf8);
  CHECK(opened.browser.calls() == before);
}

TEST_CASE("a value that a browser would turn into text is refused [R7]") {
  Opened opened;
  const auto before = opened.browser.calls();
  for (const val& value :
       {val(42), val::null(), val::undefined(), val(true), val::object(), val::array()}) {
    CHECK(opened.socket.send(value).error() == Error::invalid_data);
  }
  CHECK(opened.browser.calls() == before);
}

TEST_CASE("a value whose inspection throws is refused, and nothing else happens [R1]") {
  Opened opened;
  const val proxies = val::global("Proxy").call<val>("revocable", val::object(), val::object());
  proxies.call<void>("revoke");
  CHECK(opened.socket.send(proxies["proxy"]).error() == Error::invalid_data);
  val pretends = val::object();
  pretends.set(val::global("Symbol")["toStringTag"], val("Blob"));
  CHECK(opened.socket.send(pretends).error() == Error::invalid_data);
}

TEST_CASE("a resizable buffer is copied, and so is a view of it, since Web APIs refuse them [R8]") {
  Opened opened;
  val options = val::object();
  options.set("maxByteLength", 4);
  const val buffer = val::global("ArrayBuffer").new_(2, options);
  REQUIRE(opened.socket.send(buffer));
  CHECK(last_call(opened) == "send binary 0000");
  REQUIRE(opened.socket.send(val::global("Uint8Array").new_(buffer, 1)));
  CHECK(last_call(opened) == "send binary 00");
}

TEST_CASE("asking an ended socket for values changes nothing [R4]") {
  Opened opened;
  opened.browser.peer().close(1000);
  int count = 0;
  opened.socket.on_value([&](const val&) { ++count; });
  opened.browser.peer().send("late");
  CHECK(count == 0);
}

TEST_CASE("sending a value reports why it cannot be sent now [R7]") {
  Connecting connecting;
  CHECK(connecting.socket.send(val("early")).error() == Error::still_connecting);
  connecting.browser.peer().accept();
  connecting.browser.peer().begin_close();
  CHECK(connecting.socket.send(val("late")).error() == Error::already_closing);
  CHECK(connecting.socket.ready_state() == hawser::ReadyState::closing);
  connecting.browser.peer().close(1000);
  CHECK(connecting.socket.send(val("later")).error() == Error::already_closed);
  CHECK(hawser::WebSocket().send(val("never")).error() == Error::no_connection);
}

TEST_CASE("a browser's exception from sending a value becomes an error [R1]") {
  Opened opened;
  opened.browser.throw_from_send();
  CHECK(opened.socket.send(val("text")).error() == Error::browser_exception);
}

TEST_CASE("messages are delivered as JavaScript values only if a handler asks for them") {
  Opened opened;
  std::vector<val> values;
  opened.socket.on_value([&](const val& data) { values.push_back(data); });
  opened.browser.peer().send("text");
  opened.browser.peer().send(std::as_bytes(std::span("\1\2", 2)));
  REQUIRE(values.size() == 2);
  CHECK(values[0].as<std::string>() == "text");
  CHECK(values[1]["byteLength"].as<int>() == 2);
  CHECK(opened.journal.lines.empty());
}

TEST_CASE("no value is delivered after close [R4]") {
  Opened opened;
  int count = 0;
  opened.socket.on_value([&](const val&) { ++count; });
  CHECK(opened.socket.close());
  opened.browser.peer().send("late");
  CHECK(count == 0);
}

TEST_CASE("a handler of values may destroy its socket [R11]") {
  Opened opened;
  int count = 0;
  opened.socket.on_value([&](const val& data) {
    opened.socket = {};
    count += data["length"].as<int>();
  });
  opened.browser.peer().send("one");
  opened.browser.peer().send("two");
  CHECK(count == 3);
}

TEST_CASE("a handler of values may replace itself while it runs [R11]") {
  Opened opened;
  Lines lines;
  opened.socket.on_value([&](const val&) {
    opened.socket.on_value(
        [&](const val& data) { lines.push_back("second " + data.as<std::string>()); });
    lines.emplace_back("first");
  });
  opened.browser.peer().send("a");
  opened.browser.peer().send("b");
  CHECK(lines == Lines{"first", "second b"});
}

TEST_CASE("a handler of values is destroyed when its socket has ended") {
  Opened opened;
  const auto held = std::make_shared<int>();
  opened.socket.on_value([held](const val&) {});
  opened.browser.peer().close(1000);
  CHECK(held.use_count() == 1);
}

TEST_CASE("messages delivered as values leave no Embind handle behind [R8]") {
  Opened opened;
  opened.socket.on_value([](const val&) {});
  const int before = count_values();
  for (int i = 0; i < 1000; ++i) opened.browser.peer().send("again");
  CHECK(count_values() == before);
}

TEST_CASE("a handler of values that throws leaves no Embind handle behind [R1]") {
  Opened opened;
  opened.socket.on_value([](const val&) { throw_from_javascript(); });
  const int before = count_values();
  for (int i = 0; i < 100; ++i) opened.browser.peer().send("again");
  CHECK(count_values() == before);
  CHECK(opened.browser.reported_exceptions() == 100);
}
