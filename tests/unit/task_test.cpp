// The coroutine type that comes with hawser.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "alive.hpp"
#include "connected.hpp"
#include "no_exceptions.hpp"

using hawser::Connection;
using hawser::Error;
using hawser::spawn;
using hawser::Task;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// Counts live objects that a coroutine holds.
struct Held {
  explicit Held(int& count) : alive(&count) { ++count; }
  Held(const Held& other) : alive(other.alive) { ++*alive; }
  Held& operator=(const Held&) = delete;
  ~Held() { --*alive; }
  int* alive;
};

Task<int> give(int value) { co_return value; }

Task<std::unique_ptr<int>> give_pointer(int value) { co_return std::make_unique<int>(value); }

Task<> count_up(int& count) {
  ++count;
  co_return;
}

Task<std::string> receive_text(Connection& connection) {
  auto message = co_await connection.receive();
  co_return message ? std::string(message->text()) : "the end";
}

Task<> append_text(Connection& connection, Lines& lines) {
  lines.push_back(co_await receive_text(connection));
}

}  // namespace

TEST_CASE("a task returns its value") {
  const Awaited value([] { return give(42); });
  CHECK(value.result == 42);
}

TEST_CASE("a task returns a move-only value") {
  const Awaited value([] { return give_pointer(42); });
  CHECK(**value.result == 42);
}

TEST_CASE("a task returns a value without a default constructor") {
  struct Value {
    explicit Value(int from) : number(from) {}
    int number;
  };
  const auto make = []() -> Task<Value> { co_return Value(42); };
  const Awaited value([&] { return make(); });
  CHECK(value.result->number == 42);
}

TEST_CASE("a task converts the operand of co_return to its type") {
  const auto make = []() -> Task<std::optional<std::string>> { co_return "text"; };
  const Awaited value([&] { return make(); });
  CHECK(**value.result == "text");
}

TEST_CASE("a task starts when it is awaited, and not before") {
  int count = 0;
  auto task = count_up(count);
  CHECK(count == 0);
  spawn(std::move(task));
  CHECK(count == 1);
}

TEST_CASE("a task that waits returns its value when it ends") {
  Connected connected;
  const Awaited text([&] { return receive_text(connected.connection); });
  CHECK_FALSE(text.result);
  connected.browser.peer().send("hello");
  CHECK(text.result == "hello");
}

TEST_CASE("tasks await tasks, and some of those wait") {
  const auto receive_three = [](Connection& connection) -> Task<std::string> {
    std::string all;
    for (int i = 0; i < 3; ++i)
      all += co_await receive_text(connection) + std::to_string(co_await give(i));
    co_return all;
  };
  Connected connected;
  connected.browser.peer().send("a");
  const Awaited text([&] { return receive_three(connected.connection); });
  connected.browser.peer().send("b");
  connected.browser.peer().send("c");
  CHECK(text.result == "a0b1c2");
}

TEST_CASE("a task may be awaited by a coroutine of another type") {
  int value = 0;
  const auto run = [](int& into) -> Running { into = co_await give(42); };
  const auto running = run(value);
  CHECK(value == 42);
}

TEST_CASE("a million tasks that end at once do not grow the stack", "[long]") {
  const auto sum = []() -> Task<std::uint64_t> {
    std::uint64_t total = 0;
    for (int i = 0; i < 1'000'000; ++i) total += static_cast<std::uint64_t>(co_await give(i));
    co_return total;
  };
  const Awaited total([&] { return sum(); });
  CHECK(total.result == 499'999'500'000u);
}

TEST_CASE("a million tasks that end at once after one that waited do not grow the stack",
          "[long]") {
  const auto sum = [](Connection& connection) -> Task<std::uint64_t> {
    (void)co_await receive_text(connection);
    std::uint64_t total = 0;
    for (int i = 0; i < 1'000'000; ++i) total += static_cast<std::uint64_t>(co_await give(i));
    co_return total;
  };
  Connected connected;
  const Awaited total([&] { return sum(connected.connection); });
  connected.browser.peer().send("go");
  CHECK(total.result == 499'999'500'000u);
}

TEST_CASE("a hundred thousand messages from the inbox do not grow the stack", "[long]") {
  const auto count = [](Connection& connection) -> Task<int> {
    for (int received = 0;; ++received) {
      if (co_await receive_text(connection) == "the end") co_return received;
    }
  };
  Connected connected({.max_inbox_messages = 100'000});
  for (int i = 0; i < 100'000; ++i) connected.browser.peer().send("text");
  connected.browser.peer().close(1000);
  const Awaited received([&] { return count(connected.connection); });
  CHECK(received.result == 100'000);
}

TEST_CASE("spawn runs a task up to its first wait, and the rest from the event loop") {
  Lines lines;
  Connected connected;
  spawn(append_text(connected.connection, lines));
  spawn(append_text(connected.connection, lines));
  connected.browser.peer().send("one");
  connected.browser.peer().send("two");
  CHECK(lines == Lines{"one", "two"});
}

// Destruction

TEST_CASE("a task that was never started is destroyed together with its coroutine's arguments") {
  int alive = 0;
  const auto hold = [](Held) -> Task<> { co_return; };
  {
    const auto task = hold(Held(alive));
  }
  CHECK(alive == 0);
}

TEST_CASE(
    "a waiting task is destroyed together with the tasks it awaits, and everything they hold") {
  int alive = 0;
  Connected connected;
  const auto inner = [](Connection& connection, Held held) -> Task<> {
    (void)co_await connection.receive();
    FAIL("the coroutine continued");
    (void)held;
  };
  const auto outer = [&inner](Connection& connection, Held held) -> Task<> {
    co_await inner(connection, held);
  };
  {
    const Awaited<std::function<hawser::Receive()>> first(
        [&] { return connected.connection.receive(); });
    const auto run = [](Task<> task) -> Running { co_await std::move(task); };
    const auto running = run(outer(connected.connection, Held(alive)));
    CHECK(alive > 0);
  }
  CHECK(alive == 0);
  connected.browser.peer().send("for no one");
}

TEST_CASE("a spawned task is destroyed with everything it holds when it ends") {
  int alive = 0;
  Connected connected;
  const auto hold = [](Connection& connection, Held held) -> Task<> {
    (void)co_await connection.receive();
    (void)held;
  };
  spawn(hold(connected.connection, Held(alive)));
  CHECK(alive == 1);
  connected.browser.peer().send("go");
  CHECK(alive == 0);
}

TEST_CASE("a task may be moved before it is awaited") {
  auto task = give(1);
  auto other = give(2);
  task = std::move(other);
  const auto run = [](Task<int> moved, int& into) -> Running { into = co_await std::move(moved); };
  int value = 0;
  const auto running = run(std::move(task), value);
  CHECK(value == 2);
}

// Exceptions

#ifdef __cpp_exceptions

namespace {

Task<int> fail() {
  throw std::runtime_error("the task's own");
  co_return 0;
}

Task<> fail_after_message(Connection& connection) {
  (void)co_await connection.receive();
  throw std::runtime_error("the task's own");
}

Task<std::string> what_it_throws(Task<> task) {
  try {
    co_await std::move(task);
  } catch (const std::exception& exception) {
    co_return exception.what();
  }
  co_return "nothing";
}

template <typename Awaited>
concept CanBeAwaited =
    requires(Awaited&& awaited) { std::forward<Awaited>(awaited).operator co_await(); };
template <typename Awaited>
concept IsAwaiter = requires(Awaited&& awaited) { std::forward<Awaited>(awaited).await_ready(); };

static_assert(CanBeAwaited<Task<>>);
static_assert(!CanBeAwaited<Task<>&> && !IsAwaiter<Task<>&>, "awaiting a task consumes it");

}  // namespace

TEST_CASE("a task throws its exception where it is awaited") {
  const auto run = []() -> Task<> { (void)co_await fail(); };
  const Awaited what([&] { return what_it_throws(run()); });
  CHECK(what.result == "the task's own");
}

TEST_CASE("a task that waited throws its exception where it is awaited") {
  Connected connected;
  const Awaited what([&] { return what_it_throws(fail_after_message(connected.connection)); });
  connected.browser.peer().send("go");
  CHECK(what.result == "the task's own");
  CHECK(connected.browser.reported_exceptions() == 0);
}

TEST_CASE("an exception that escapes a spawned task is reported once, from the event loop") {
  hawser::testing::Browser browser;
  const auto run = []() -> Task<> { (void)co_await fail(); };
  spawn(run());
  CHECK(browser.reported_exceptions() == 0);
  browser.advance(1s);
  CHECK(browser.reported_exceptions() == 1);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("an exception in a coroutine that a message resumed does not affect other coroutines") {
  Lines lines;
  Connected connected;
  spawn(fail_after_message(connected.connection));
  spawn(append_text(connected.connection, lines));
  connected.browser.peer().send("one");
  connected.browser.peer().send("two");
  connected.browser.advance(0ms);
  CHECK(lines == Lines{"two"});
  CHECK(connected.browser.reported_exceptions() == 1);
}

TEST_CASE("an exception in a coroutine of one connection does not affect other connections") {
  Lines lines;
  Connected first;
  Awaited connecting([] { return hawser::connect("ws://second/"); });
  first.browser.peer().accept();
  Connection second = std::move(connecting.result.value().value());
  spawn(append_text(second, lines));
  spawn(fail_after_message(first.connection));
  first.browser.peer(0).send("one");
  first.browser.peer(1).send("two");
  CHECK(lines == Lines{"two"});
  first.browser.advance(0ms);
  CHECK(first.browser.reported_exceptions() == 1);
}

TEST_CASE("each of several exceptions is reported") {
  Connected connected;
  for (int i = 0; i < 3; ++i) spawn(fail_after_message(connected.connection));
  connected.browser.peer().close(1000);
  connected.browser.advance(0ms);
  CHECK(connected.browser.reported_exceptions() == 3);
  CHECK(connected.browser.pending_timers() == 0);
}

#endif

TEST_CASE("a job runs its task, and destroys it where it waits when the job is destroyed") {
  Connected connected;
  int alive = 0;
  Lines lines;
  const auto read = [](hawser::Connection& connection, Lines& received,
                       int& count) -> hawser::Task<> {
    const Alive one(count);
    while (auto message = co_await connection.receive()) received.emplace_back(message->text());
  };
  {
    const hawser::Job job = hawser::start(read(connected.connection, lines, alive));
    connected.browser.peer().send("one");
    CHECK(lines == Lines{"one"});
    CHECK(alive == 1);
    CHECK(!job.is_over());
  }
  CHECK(alive == 0);
  connected.browser.peer().send("two");
  CHECK(lines == Lines{"one"});
}

TEST_CASE("a job is over once its task is, and when it has none") {
  Connected connected;
  const auto read = [](hawser::Connection& connection) -> hawser::Task<> {
    (void)co_await connection.receive();
  };
  CHECK(hawser::Job().is_over());
  hawser::Job job = hawser::start(read(connected.connection));
  CHECK(!job.is_over());
  connected.browser.peer().send("one");
  CHECK(job.is_over());
  job = hawser::start(read(connected.connection));
  CHECK(!job.is_over());
  const hawser::Job moved = std::move(job);
  CHECK(!moved.is_over());
  connected.browser.peer().send("two");
  CHECK(moved.is_over());
}

#ifndef __EMSCRIPTEN__

TEST_CASE(
    "a task from code without exceptions is awaited by code with them, and the other way around") {
  const auto give = [](int number) -> Task<int> { co_return number; };
  const auto await = [](Task<int> task, int& into) -> Task<> { into = co_await std::move(task); };
  int sum = 0;
  hawser::spawn(await(add_without_exceptions(give(1), 2), sum));
  CHECK(sum == 3);
  CHECK(promise_size_without_exceptions() == sizeof(Task<int>::promise_type));
}

TEST_CASE(
    "a task built without exceptions destroys a task built with them that was never awaited") {
  const auto fail = []() -> Task<int> {
    throw std::runtime_error("the task's own");
    co_return 0;
  };
  {
    const Task<int> never_awaited = add_without_exceptions(fail(), 1);
  }
  SUCCEED("no sanitizer has found anything");
}

#endif
