// Tasks that await JavaScript promises.

#include <emscripten/em_js.h>
#include <emscripten/val.h>

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>
#include <hawser/promise.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

#include "event_loop.hpp"

using emscripten::val;
using hawser::JavaScriptError;
using hawser::Task;
using namespace std::chrono_literals;

namespace {

// clang-format off
EM_JS(emscripten::EM_VAL, settle_later, (bool isRejected), {
  return Emval.toHandle(new Promise((resolve, reject) => setTimeout(() => isRejected ? reject(new RangeError("later")) : resolve("later"), 1)));
});
EM_JS(int, count_handles, (), { return count_emval_handles(); });
EM_JS(int, count_waits, (), { return hawserWaits.size; });
EM_JS(emscripten::EM_VAL, reject_with_growing_text, (), {
  let length = 0;
  return Emval.toHandle(Promise.reject({ toString: () => "x".repeat(length += 100) }));
});
EM_JS_DEPS(promise_test, "$Emval,$count_emval_handles,$hawserWaits");
// clang-format on

val resolved_later() { return val::take_ownership(settle_later(false)); }
val rejected_later() { return val::take_ownership(settle_later(true)); }

/// A promise of Embind's coroutines.
val rejected_by_cpp() {
  co_await resolved_later();
  throw std::runtime_error("from C++");
}

/// A class that derives from `val`, and has its own co_await.
struct OwnWay : val {
  struct Awaiter {
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    int await_resume() const noexcept { return 42; }
  };
  OwnWay() : val(1) {}
  Awaiter operator co_await() const noexcept { return {}; }
};

EMSCRIPTEN_DECLARE_VAL_TYPE(Named)

}  // namespace

TEST_CASE("a task awaits a promise and gets its value") {
  std::string text;
  const auto waiting = [&]() -> Task<> { text = (co_await resolved_later()).as<std::string>(); };
  run(waiting());
  CHECK(text == "later");
}

TEST_CASE("a task awaits a value that is not a promise") {
  int number = 0;
  const auto waiting = [&]() -> Task<> { number = (co_await val(42)).as<int>(); };
  run(waiting());
  CHECK(number == 42);
}

TEST_CASE(
    "a rejected promise throws where a task awaits it, and the exception reaches the task's "
    "awaiter") {
  std::string caught;
  const auto awaiting = []() -> Task<int> { co_return (co_await rejected_later()).as<int>(); };
  const auto catching = [&]() -> Task<> {
    try {
      co_await awaiting();
    } catch (const JavaScriptError& error) {
      caught = error.what();
    }
  };
  run(catching());
  CHECK(caught == "RangeError: later");
}

TEST_CASE("a JavaScript exception after a promise reaches the task's awaiter") {
  std::string caught;
  const auto throwing = []() -> Task<> {
    const val value = co_await resolved_later();
    value.call<void>("noSuchFunction");
  };
  const auto catching = [&]() -> Task<> {
    try {
      co_await throwing();
    } catch (const JavaScriptError& error) {
      caught = error.what();
    }
  };
  run(catching());
  CHECK(caught.starts_with("TypeError"));
}

TEST_CASE("a C++ exception that rejects a promise is caught as its own type", "[embind-leaks]") {
  std::string caught;
  int uncaught = -1;
  const auto catching = [&]() -> Task<> {
    try {
      co_await rejected_by_cpp();
    } catch (const std::runtime_error& error) {
      caught = error.what();
      uncaught = std::uncaught_exceptions();
    }
  };
  run(catching());
  CHECK(caught == "from C++");
  CHECK(uncaught == 0);
}

TEST_CASE("the text of a JavaScript exception is read once, since it may change") {
  std::string caught;
  const auto catching = [&]() -> Task<> {
    try {
      co_await val::take_ownership(reject_with_growing_text());
    } catch (const JavaScriptError& error) {
      caught = error.what();
    }
  };
  run(catching());
  CHECK(caught == std::string(100, 'x'));
}

TEST_CASE("a task awaits a class derived from val") {
  int own = 0;
  std::string named;
  const auto waiting = [&]() -> Task<> {
    own = co_await OwnWay();
    const Named promise(resolved_later());
    named = (co_await promise).as<std::string>();
    co_await hawser::when_all(OwnWay(), promise);
  };
  run(waiting());
  CHECK(own == 42);
  CHECK(named == "later");
}

TEST_CASE("settled returns a promise's value, or its error") {
  std::string value;
  std::string error;
  const auto waiting = [&]() -> Task<> {
    const auto fulfilled = co_await hawser::settled(resolved_later());
    if (fulfilled) value = fulfilled->as<std::string>();
    const auto rejected = co_await hawser::settled(rejected_later());
    if (!rejected) error = rejected.error()["message"].as<std::string>();
  };
  run(waiting());
  CHECK(value == "later");
  CHECK(error == "later");
}

TEST_CASE("when_any waits for a promise, and cancels the wait for another") {
  const int waits = count_waits();
  std::size_t first = 0;
  const auto waiting = [&]() -> Task<> {
    const auto any = co_await hawser::when_any(val::global("Promise").new_(val::global("Boolean")),
                                               hawser::settled(rejected_later()));
    first = any.index();
  };
  run(waiting());
  CHECK(first == 1);
  CHECK(count_waits() == waits);
}

TEST_CASE("a job that is destroyed while its task waits for a promise is not resumed by it") {
  const int handles = count_handles();
  const int waits = count_waits();
  bool has_resumed = false;
  const auto waiting = [&]() -> Task<> {
    co_await resolved_later();
    has_resumed = true;
  };
  std::optional<hawser::Job> job = hawser::start(waiting());
  CHECK(count_waits() == waits + 1);
  job.reset();
  CHECK(count_waits() == waits);
  CHECK(count_handles() == handles);
  for (int i = 0; i < 5; ++i) turn_event_loop();
  CHECK_FALSE(has_resumed);
}

TEST_CASE("a task that destroys its own job after a promise ends at its next wait") {
  int steps = 0;
  std::optional<hawser::Job> job;
  const auto waiting = [&]() -> Task<> {
    co_await resolved_later();
    job.reset();
    ++steps;
    co_await resolved_later();
    ++steps;
  };
  job = hawser::start(waiting());
  REQUIRE(wait_until([&] { return steps > 0; }));
  for (int i = 0; i < 5; ++i) turn_event_loop();
  CHECK(steps == 1);
}

TEST_CASE("a promise whose wait was destroyed does not end another wait at the same address") {
  const auto waiting = [](val promise) -> Task<> { co_await promise; };
  std::optional<hawser::Job> job = hawser::start(waiting(resolved_later()));
  job.reset();
  job =
      hawser::start(waiting(val::global("Promise").new_(val::global("Boolean"))));  // never settles
  for (int i = 0; i < 5; ++i) turn_event_loop();
  CHECK_FALSE(job->is_over());
}

TEST_CASE("a promise leaves nothing behind") {
  const auto waiting = []() -> Task<> {
    co_await resolved_later();
    (void)co_await hawser::settled(rejected_later());
  };
  run(waiting());
  const int handles = count_handles();
  run(waiting());
  CHECK(count_handles() == handles);
}
