// Coroutines of types other than hawser's: Embind's, which is a promise to JavaScript, and a third
// party's, which knows nothing of hawser.

#include <emscripten/bind.h>
#include <emscripten/em_js.h>
#include <emscripten/val.h>

#include <drogon/utils/coroutine.h>
#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

#include "event_loop.hpp"
#include "server.hpp"

using emscripten::val;
using hawser::Connection;
using hawser::Error;
using hawser::Task;
using namespace std::chrono_literals;

namespace {

// clang-format off
// Awaits the result of an Embind function, and returns how that ended.
EM_ASYNC_JS(char*, call_and_await, (const char* name, const char* url), {
  try {
    return stringToNewUTF8(`resolved: ${await Module[UTF8ToString(name)](UTF8ToString(url))}`);
  } catch (error) {
    return stringToNewUTF8(`rejected: ${error.message || error.constructor.name}`);
  }
});
EM_JS(emscripten::EM_VAL, resolve_later, (emscripten::EM_VAL handle), {
  const value = Emval.toValue(handle);
  return Emval.toHandle(new Promise((resolve) => setTimeout(resolve, 1, value)));
});
EM_JS_DEPS(coroutine_types_test, "$Emval,$stringToNewUTF8,$UTF8ToString");
// clang-format on

std::string settled(const char* name, const std::string& url) {
  char* const text = call_and_await(name, url.c_str());
  std::string result(text);
  std::free(text);
  return result;
}

val after_a_while(const val& result) {
  return val::take_ownership(resolve_later(result.as_handle()));
}

val rejection(const std::string& message) {
  return val::global("Promise").call<val>("reject", val::global("Error").new_(message));
}

int guards = 0;
struct Guard {
  Guard() { ++guards; }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() { --guards; }
};

/// Both kinds of coroutine await this task of hawser's.
Task<std::string> ask(Connection& connection, std::string question) {
  (co_await connection.send(question)).value();
  co_return std::string((co_await connection.receive()).value().text());
}

val ask_and_wait(std::string url) {
  auto connection = (co_await hawser::connect(url)).value();
  const val first = co_await after_a_while(val("one"));
  const auto answer = co_await ask(connection, first.as<std::string>());
  const val second = co_await after_a_while(val(answer + " two"));
  (co_await connection.send(second.as<std::string>())).value();
  const auto message = co_await connection.receive();
  const auto end = co_await connection.close();
  co_return val(std::string(message->text()) + ", " + std::to_string(end->code));
}

val throw_what_failed(std::string url) {
  const Guard guard;
  const auto connection = co_await hawser::connect(url);
  if (!connection)
    throw val::global("Error").new_(std::string(hawser::describe(connection.error())));
  co_return val("connected");
}

val throw_from_cxx(std::string url) {
  const Guard guard;
  auto connection = (co_await hawser::connect(url)).value();
  if (co_await connection.send("any")) throw std::runtime_error("thrown by C++ on purpose");
  co_return val("sent");
}

val await_rejection(std::string url) {
  const Guard guard;
  auto connection = (co_await hawser::connect(url)).value();
  co_await rejection("rejected by JavaScript on purpose");
  co_return val("unreached");
}

drogon::Task<std::string> ask_by_drogon(std::string url) {
  const Guard guard;
  auto connection = (co_await hawser::connect(url, {.connect_timeout = 5s})).value();
  const auto first = co_await ask(connection, "one");
  (co_await connection.send(first + " two")).value();
  const auto message = co_await connection.receive({.timeout = 5s});
  co_await connection.close();
  co_return std::string(message->text());
}

drogon::Task<Error> receive_by_drogon(Connection& connection) {
  const Guard guard;
  co_return (co_await connection.receive()).error().error;
}

drogon::Task<> throw_by_drogon(Connection& connection) {
  (co_await connection.send("any")).value();
  co_await connection.receive();
  throw std::runtime_error("thrown on purpose");
}

Task<> keep(drogon::Task<Error> task, std::optional<Error>& result) { result = co_await task; }

}  // namespace

EMSCRIPTEN_BINDINGS(coroutine_types_test) {
  emscripten::function("ask_and_wait", ask_and_wait);
  emscripten::function("throw_what_failed", throw_what_failed);
  emscripten::function("throw_from_cxx", throw_from_cxx);
  emscripten::function("await_rejection", await_rejection);
}

TEST_CASE("an async function in C++ awaits connections and promises in turn, and resolves its own",
          "[server]") {
  CHECK(settled("ask_and_wait", server("/echo")) == "resolved: one two, 1000");
}

TEST_CASE("an exception in an async function in C++ rejects its promise",
          "[server][embind-leaks]") {
  CHECK(settled("throw_what_failed", server("/refuse")) ==
        "rejected: " + std::string(hawser::describe(Error::connection_failed)));
  CHECK(settled("throw_from_cxx", server("/echo")).starts_with("rejected: "));
  CHECK(guards == 0);
}

TEST_CASE("a rejected promise ends the async function in C++ that awaits it, and its connection",
          "[server]") {
  CHECK(settled("await_rejection", server("/echo")) ==
        "rejected: rejected by JavaScript on purpose");
  CHECK(guards == 0);
}

TEST_CASE("a task awaits a promise", "[server]") {
  run([] -> Task<> {
    auto connection = (co_await hawser::connect(server("/echo"))).value();
    const val question = co_await after_a_while(val("later"));
    CHECK(co_await ask(connection, question.as<std::string>()) == "later");
  }());
}

TEST_CASE("a third party's coroutine awaits hawser's operations and tasks, and a task awaits it",
          "[server]") {
  run([] -> Task<> { CHECK(co_await ask_by_drogon(server("/echo")) == "one two"); }());
  CHECK(guards == 0);
}

TEST_CASE("a third party's coroutine continues when the connection that it waits on is destroyed",
          "[server]") {
  std::optional<Connection> connection;
  std::optional<Error> end;
  run([](std::optional<Connection>& made) -> Task<> {
    made = (co_await hawser::connect(server("/echo"))).value();
  }(connection));
  hawser::spawn(keep(receive_by_drogon(*connection), end));
  connection.reset();
  CHECK_FALSE(end);
  REQUIRE(wait_until([&] { return end.has_value(); }));
  CHECK(end == Error::destroyed);
  CHECK(guards == 0);
}

TEST_CASE(
    "a third party's coroutine may be destroyed while it waits, without affecting the connection",
    "[server]") {
  run([] -> Task<> {
    auto connection = (co_await hawser::connect(server("/echo"))).value();
    {
      const auto abandoned = receive_by_drogon(connection);
      abandoned.coro_.resume();
      CHECK(guards == 1);
    }
    CHECK(guards == 0);
    CHECK(co_await ask(connection, "still there?") == "still there?");
  }());
}

TEST_CASE("an exception passes through a third party's coroutine into a task", "[server]") {
  run([] -> Task<> {
    auto connection = (co_await hawser::connect(server("/echo"))).value();
    std::string caught;
    try {
      co_await throw_by_drogon(connection);
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    CHECK(caught == "thrown on purpose");
  }());
}
