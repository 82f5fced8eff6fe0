// JavaScript exceptions inside tasks.

#include <emscripten/em_js.h>

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <hawser/testing/browser.hpp>
#include "../../wasm/src/socket/seam.hpp"

using hawser::JavaScriptError;
using hawser::Task;
using namespace std::chrono_literals;

extern "C" [[noreturn]] void throw_type_error();
extern "C" [[noreturn]] void throw_without_text();
extern "C" [[noreturn]] void throw_unwind();

namespace {

// clang-format off
EM_JS(void, throw_type_error, (), { throw globalThis.hawserThrown = new TypeError("on purpose"); });
EM_JS(void, throw_without_text, (), { throw Object.create(null); });
EM_JS(void, throw_unwind, (), { throw "unwind"; });  // as emscripten_set_main_loop does
EM_JS(bool, is_last_reported, (), { return hawserScript.lastReported === globalThis.hawserThrown; });
EM_JS(int, count_kept_exceptions, (), { return Object.keys(hawserExceptions).length; });
EM_JS_DEPS(javascript_error_test, "$hawserExceptions");
// clang-format on

int alive = 0;
struct Local {
  Local() { ++alive; }
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  ~Local() { --alive; }
};

Task<int> throw_after_a_wait() {
  const Local local;
  co_await hawser::sleep_for(1s);
  throw_type_error();
  co_return 1;
}

Task<int> throw_at_once() {
  const Local local;
  throw_type_error();
  co_return 1;
}

Task<int> throw_in_a_task_at_once() {
  const Local local;
  co_await hawser::sleep_for(1s);
  co_return co_await throw_at_once();
}

Task<int> pass_through(Task<int> task) {
  const Local local;
  co_return co_await std::move(task) + 1;
}

Task<> note(Task<int> task, std::string& caught) {
  try {
    co_await std::move(task);
    caught = "nothing";
  } catch (const JavaScriptError& error) {
    caught = error.what();
  }
}

Task<> do_nothing_with(Task<int> task) { co_await std::move(task); }

}  // namespace

TEST_CASE("a JavaScript exception in a task reaches the coroutine that awaits it") {
  hawser::testing::Browser browser;
  std::string caught;
  hawser::spawn(note(throw_after_a_wait(), caught));
  browser.advance(1s);
  CHECK(alive == 0);
  browser.advance(0s);
  CHECK(caught == "TypeError: on purpose");
  CHECK(browser.reported_exceptions() == 0);
  CHECK(count_kept_exceptions() == 1);  // none: the first entry is unused
}

TEST_CASE("a JavaScript exception passes through tasks that do not catch it") {
  hawser::testing::Browser browser;
  std::string caught;
  hawser::spawn(note(pass_through(pass_through(throw_after_a_wait())), caught));
  browser.advance(2s);
  CHECK(caught == "TypeError: on purpose");
  CHECK(alive == 0);
  CHECK(browser.reported_exceptions() == 0);
}

TEST_CASE("a JavaScript exception leaves all tasks on the stack") {
  hawser::testing::Browser browser;
  std::string caught;
  hawser::spawn(note(throw_in_a_task_at_once(), caught));
  browser.advance(2s);
  CHECK(caught == "TypeError: on purpose");
  CHECK(alive == 0);
}

TEST_CASE("a JavaScript exception that no coroutine catches is reported once, unchanged") {
  hawser::testing::Browser browser;
  hawser::spawn(do_nothing_with(pass_through(throw_after_a_wait())));
  browser.advance(2s);
  CHECK(browser.reported_exceptions() == 1);
  CHECK(is_last_reported());
  CHECK(alive == 0);
  CHECK(count_kept_exceptions() == 1);
}

TEST_CASE(
    "a JavaScript exception in a task that no coroutine awaits is reported, and its job is over") {
  hawser::testing::Browser browser;
  const auto throwing = []() -> Task<> {
    co_await hawser::sleep_for(1s);
    throw_type_error();
  };
  const hawser::Job job = hawser::start(throwing());
  CHECK_FALSE(job.is_over());
  browser.advance(2s);
  CHECK(job.is_over());
  CHECK(browser.reported_exceptions() == 1);
  CHECK(is_last_reported());
}

TEST_CASE("a JavaScript exception in a task ends it for its scope") {
  hawser::testing::Browser browser;
  hawser::Scope scope;
  REQUIRE(scope.spawn(do_nothing_with(throw_after_a_wait())));
  CHECK(scope.size() == 1);
  browser.advance(2s);
  CHECK(scope.size() == 0);
  CHECK(browser.reported_exceptions() == 1);
}

TEST_CASE("a JavaScript exception without a text is passed on, too") {
  hawser::testing::Browser browser;
  std::string caught;
  const auto throwing = []() -> Task<int> {
    co_await hawser::sleep_for(1s);
    throw_without_text();
    co_return 1;
  };
  hawser::spawn(note(throwing(), caught));
  browser.advance(2s);
  CHECK(caught == "an exception that cannot be converted to text");
}

TEST_CASE("when_all passes a JavaScript exception on, and ends the other operations") {
  hawser::testing::Browser browser;
  std::string caught;
  const auto both = []() -> Task<int> {
    const Local local;
    co_await hawser::when_all(throw_after_a_wait(), hawser::sleep_for(1h));
    co_return 1;
  };
  hawser::spawn(note(both(), caught));
  browser.advance(2s);
  CHECK(caught == "TypeError: on purpose");
  CHECK(alive == 0);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("when_any passes a JavaScript exception on if it came first") {
  hawser::testing::Browser browser;
  std::string caught;
  const auto any = []() -> Task<int> {
    co_await hawser::when_any(hawser::sleep_for(1h), throw_after_a_wait());
    co_return 1;
  };
  hawser::spawn(note(any(), caught));
  browser.advance(2s);
  CHECK(caught == "TypeError: on purpose");
  CHECK(alive == 0);
}

TEST_CASE("other tasks continue after a JavaScript exception in one of them") {
  hawser::testing::Browser browser;
  std::string caught;
  int done = 0;
  const auto other = [&done]() -> Task<> {
    co_await hawser::sleep_for(1s);
    ++done;
    co_await hawser::sleep_for(1s);
    ++done;
  };
  const auto other_job = hawser::start(other());
  hawser::spawn(note(throw_after_a_wait(), caught));
  const auto another_job = hawser::start(other());
  browser.advance(3s);
  CHECK(done == 4);
  CHECK(caught == "TypeError: on purpose");
}

TEST_CASE("a job can be destroyed before its task gets the JavaScript exception") {
  hawser::testing::Browser browser;
  std::string caught;
  std::optional<hawser::Job> job = hawser::start(note(throw_after_a_wait(), caught));
  const auto destroying = [&job]() -> Task<> {
    co_await hawser::sleep_for(1s);
    job.reset();
  };
  const hawser::Job other = hawser::start(destroying());
  browser.advance(2s);
  CHECK(caught.empty());
  CHECK(alive == 0);
  CHECK(count_kept_exceptions() == 1);
}

TEST_CASE("a task that has returned is not mistaken for one that a JavaScript exception left") {
  hawser::testing::Browser browser;
  std::string caught;
  std::vector<int> results;
  const auto give = []() -> Task<int> {
    co_await hawser::sleep_for(500ms);
    co_return 1;
  };
  const auto pair = [&]() -> Task<> {
    const auto one_after_the_other = [](int first, int second) { return first + second; };
    results.push_back(one_after_the_other(co_await give(), co_await pass_through(give())));
  };
  const hawser::Job job = hawser::start(pair());
  const auto throwing = []() -> Task<int> {
    co_await hawser::sleep_for(750ms);
    throw_type_error();
    co_return 1;
  };
  hawser::spawn(note(throwing(), caught));
  browser.advance(2s);
  CHECK(results == std::vector<int>{3});
  CHECK(caught == "TypeError: on purpose");
}

TEST_CASE(
    "a task that the unwinding of a main loop ended does not get the next JavaScript exception") {
  hawser::testing::Browser browser;
  std::string caught;
  const auto starting_a_main_loop = []() -> Task<int> {
    co_await hawser::sleep_for(1s);
    throw_unwind();
    co_return 1;
  };
  const hawser::Job job = hawser::start(note(starting_a_main_loop(), caught));
  browser.advance(2s);
  auto socket = hawser::WebSocket::open("ws://host/").value();
  socket.on_open([] { throw_type_error(); });
  browser.peer().accept();
  CHECK(browser.reported_exceptions() == 1);
  browser.advance(2s);
  CHECK(caught.empty());
}

TEST_CASE("a job ends its task after a JavaScript exception that the task has caught") {
  hawser::testing::Browser browser;
  std::string caught;
  bool has_continued = false;
  const auto continuing = [&]() -> Task<> {
    const Local local;
    co_await note(throw_after_a_wait(), caught);
    co_await hawser::sleep_for(1h);
    has_continued = true;
  };
  std::optional<hawser::Job> job = hawser::start(continuing());
  browser.advance(2s);
  REQUIRE(caught == "TypeError: on purpose");
  job.reset();
  CHECK(alive == 0);
  browser.advance(2h);
  CHECK_FALSE(has_continued);
}

TEST_CASE("a JavaScript exception can leave a task after a task that it awaited has ended") {
  hawser::testing::Browser browser;
  std::string caught;
  const auto ending = []() -> Task<int> {
    const Local local;
    co_await hawser::sleep_for(1s);
    co_return 1;
  };
  const auto throwing = [&]() -> Task<int> {
    const Local local;
    co_await pass_through(ending());
    co_await hawser::when_any(hawser::when_all(ending(), ending()), hawser::sleep_for(1h));
    throw_type_error();
    co_return 1;
  };
  hawser::spawn(note(pass_through(throwing()), caught));
  browser.advance(3s);
  CHECK(caught == "TypeError: on purpose");
  CHECK(alive == 0);
}

TEST_CASE(
    "a JavaScript exception before the first wait leaves the awaiting task only in a program that "
    "suspends") {
  hawser::testing::Browser browser;
  std::string inside;
  std::string outside;
  const auto awaiting = [&]() -> Task<int> {
    co_await hawser::sleep_for(1s);
    co_await note(throw_at_once(), inside);
    co_return 1;
  };
  hawser::spawn(note(awaiting(), outside));
  browser.advance(2s);
  if (hawser::seam::hawser_may_start_tasks()) {
    CHECK(inside == "TypeError: on purpose");
    CHECK(outside == "nothing");
  } else {
    CHECK(inside.empty());
    CHECK(outside == "TypeError: on purpose");
  }
  CHECK(alive == 0);
}

TEST_CASE("a JavaScript exception in a handler is reported, whatever tasks are being awaited") {
  hawser::testing::Browser browser;
  std::string caught;
  hawser::spawn(note(throw_after_a_wait(), caught));
  auto socket = hawser::WebSocket::open("ws://host/").value();
  socket.on_open([] { throw_type_error(); });
  browser.peer().accept();
  CHECK(browser.reported_exceptions() == 1);
  CHECK(caught.empty());
  browser.advance(2s);
  CHECK(caught == "TypeError: on purpose");
}
