// Several operations at once: when_all, when_any, Event.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "connected.hpp"
#include "no_exceptions.hpp"

using hawser::Error;
using hawser::Event;
using hawser::Task;
using hawser::when_all;
using hawser::when_any;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

Task<int> give(int value) { co_return value; }

Task<std::unique_ptr<int>> give_pointer(int value) { co_return std::make_unique<int>(value); }

Task<> nothing() { co_return; }

Task<int> give_after(std::chrono::milliseconds delay, int value) {
  (void)co_await hawser::sleep_for(delay);
  co_return value;
}

Task<int> fail_after(std::chrono::milliseconds delay, std::string what) {
  (void)co_await hawser::sleep_for(delay);
  throw std::runtime_error(what);
}

Task<int> fail() {
  throw std::runtime_error("at once");
  co_return 0;
}

/// Notes when it is destroyed.
struct Noted {
  explicit Noted(Lines& to, std::string as) : lines(to), name(std::move(as)) {}
  Noted(const Noted&) = delete;
  Noted& operator=(const Noted&) = delete;
  ~Noted() { lines.push_back(name + " ended"); }
  Lines& lines;
  std::string name;
};

Task<int> hold(Lines& lines, std::string name, std::chrono::milliseconds delay, int value) {
  const Noted noted(lines, std::move(name));
  (void)co_await hawser::sleep_for(delay);
  co_return value;
}

/// Notes what `task` returns or throws.
Running run(Task<std::string> task, Lines& lines) {
  try {
    lines.push_back(co_await std::move(task));
  } catch (const std::exception& exception) {
    lines.push_back(std::string("thrown: ") + exception.what());
  }
}

}  // namespace

TEST_CASE("when_all awaits everything at once, and returns all results in order") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = []() -> Task<std::string> {
    const auto [a, b, c, d] =
        co_await when_all(give_after(20ms, 1), give(2), give_after(10ms, 3), nothing());
    STATIC_CHECK(std::is_same_v<decltype(d), const std::monostate>);
    co_return std::to_string(a) + std::to_string(b) + std::to_string(c);
  };
  const auto running = run(work(), lines);
  browser.advance(19ms);
  CHECK(lines.empty());
  browser.advance(1ms);
  CHECK(lines == Lines{"123"});
}

TEST_CASE("when_all of finished operations returns at once, even with move-only results") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = []() -> Task<std::string> {
    auto [a, b] = co_await when_all(give_pointer(4), give_pointer(2));
    co_return std::to_string(*a) + std::to_string(*b);
  };
  const auto running = run(work(), lines);
  CHECK(lines == Lines{"42"});
}

TEST_CASE("when_all of ten calls to a server takes operations without wrapping them in tasks") {
  Connected connected;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    auto [first, second] =
        co_await when_all(connected.connection.receive(), connected.connection.receive());
    co_return to_line(first) + ", " + to_line(second);
  };
  const auto running = run(work(), lines);
  connected.browser.peer().send("one");
  CHECK(lines.empty());
  connected.browser.peer().send("two");
  CHECK(lines == Lines{"text one, text two"});
}

TEST_CASE("when_all of a vector of tasks returns their results in order") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = []() -> Task<std::string> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 10; ++i) tasks.push_back(give_after(std::chrono::milliseconds(10 - i), i));
    std::string text;
    for (const int value : co_await when_all(std::move(tasks))) text += std::to_string(value);
    const auto none = co_await when_all(std::vector<Task<int>>());
    co_return text + (none.empty() ? "" : "?");
  };
  const auto running = run(work(), lines);
  browser.advance(10ms);
  CHECK(lines == Lines{"0123456789"});
}

TEST_CASE("when_all ends the others if one throws, and rethrows its exception") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    (void)co_await when_all(hold(lines, "long", 30ms, 1), fail_after(20ms, "later"),
                            fail_after(10ms, "first"));
    co_return "nothing";
  };
  const auto running = run(work(), lines);
  browser.advance(10ms);
  CHECK(lines == Lines{"long ended", "thrown: first"});
}

TEST_CASE("when_all starts nothing more once one has thrown") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    (void)co_await when_all(hold(lines, "begun", 30ms, 1), fail(),
                            hold(lines, "never begun", 30ms, 1));
    co_return "nothing";
  };
  const auto running = run(work(), lines);
  CHECK(lines == Lines{"begun ended", "thrown: at once"});
}

TEST_CASE("when_all of a vector of tasks ends the others if one throws") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    std::vector<Task<int>> tasks;
    tasks.push_back(hold(lines, "long", 30ms, 1));
    tasks.push_back(fail_after(10ms, "first"));
    (void)co_await when_all(std::move(tasks));
    co_return "nothing";
  };
  const auto running = run(work(), lines);
  browser.advance(10ms);
  CHECK(lines == Lines{"long ended", "thrown: first"});
}

#ifndef __EMSCRIPTEN__

TEST_CASE("when_all also throws beside code without exceptions that awaits the same") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto add = []() -> Task<std::string> {
    co_return std::to_string(co_await add_all_without_exceptions(give(40), give(2)));
  };
  const auto fail = []() -> Task<std::string> {
    (void)co_await when_all(give(1), fail_after(1ms, "here"));
    co_return "nothing";
  };
  const auto adding = run(add(), lines);
  const auto failing = run(fail(), lines);
  browser.advance(1ms);
  CHECK(lines == Lines{"42", "thrown: here"});
}

#endif

TEST_CASE("when_any returns the first result and its index, after ending the others") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    const auto first = co_await when_any(hold(lines, "a", 20ms, 1), hold(lines, "b", 10ms, 2));
    lines.push_back("first");
    co_return std::to_string(first.index());
  };
  const auto running = run(work(), lines);
  browser.advance(10ms);
  CHECK(lines == Lines{"b ended", "a ended", "first", "1"});
  browser.advance(100ms);
  CHECK(lines.size() == 4);
}

TEST_CASE("when_any of a message and a timeout takes one line, and loses no message") {
  Connected connected;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    const auto first = co_await when_any(connected.connection.receive(), hawser::sleep_for(50ms));
    if (first.index() == 1) co_return "no answer";
    co_return to_line(std::get<0>(first));
  };
  const auto running = run(work(), lines);
  connected.browser.advance(50ms);
  CHECK(lines == Lines{"no answer"});
  connected.browser.peer().send("late");
  CHECK(connected.receive().line() == "text late");
  const auto again = run(work(), lines);
  connected.browser.peer().send("answer");
  CHECK(lines.back() == "text answer");
}

TEST_CASE("when_any starts nothing more once one has ended") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    const auto first = co_await when_any(give(7), hold(lines, "never started", 10ms, 1));
    co_return std::to_string(std::get<0>(first));
  };
  const auto running = run(work(), lines);
  CHECK(lines == Lines{"7"});
}

TEST_CASE("when_any rethrows the first exception") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    (void)co_await when_any(hold(lines, "other", 20ms, 1), fail_after(10ms, "first"));
    co_return "nothing";
  };
  const auto running = run(work(), lines);
  browser.advance(10ms);
  CHECK(lines == Lines{"other ended", "thrown: first"});
}

TEST_CASE("when_any of a vector of tasks says which one ended first") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 5; ++i)
      tasks.push_back(hold(lines, std::to_string(i), std::chrono::milliseconds(50 - 10 * i), i));
    const auto [index, value] = co_await when_any(std::move(tasks));
    co_return std::to_string(index) + " " + std::to_string(value);
  };
  const auto running = run(work(), lines);
  browser.advance(10ms);
  REQUIRE(lines.size() == 6);
  CHECK(lines.front() == "4 ended");
  CHECK(lines.back() == "4 4");
}

TEST_CASE("destroying a waiting coroutine ends everything that it waits for") {
  const bool is_any = GENERATE(false, true);
  hawser::testing::Browser browser;
  Lines lines;
  const auto work = [&]() -> Task<std::string> {
    if (is_any)
      (void)co_await when_any(hold(lines, "a", 10ms, 1), hold(lines, "b", 10ms, 2));
    else
      (void)co_await when_all(hold(lines, "a", 10ms, 1), hold(lines, "b", 10ms, 2));
    co_return "nothing";
  };
  {
    const auto running = run(work(), lines);
  }
  std::ranges::sort(lines);
  CHECK(lines == Lines{"a ended", "b ended"});
  browser.advance(100ms);
  CHECK(lines.size() == 2);
}

TEST_CASE("an event resumes all waiting coroutines, from the event loop") {
  hawser::testing::Browser browser;
  Event event;
  const Awaited first([&] { return event.wait(); });
  const Awaited second([&] { return event.wait({.timeout = 1s}); });
  event.set();
  CHECK(first.line() == "waiting");
  browser.advance(0ms);
  CHECK(first.line() == "sent");
  CHECK(second.line() == "sent");
  CHECK(event.is_set());
  CHECK(Awaited([&] { return event.wait(); }).line() == "sent");
}

TEST_CASE("an event that was reset can be awaited again, with a deadline or a stop request") {
  hawser::testing::Browser browser;
  Event event;
  event.set();
  event.reset();
  std::stop_source stop;
  const Awaited late([&] { return event.wait({.timeout = 10ms}); });
  const Awaited stopped([&] { return event.wait({.stop = stop.get_token()}); });
  stop.request_stop();
  browser.advance(20ms);
  CHECK(late.line() == error_line(Error::timed_out));
  CHECK(stopped.line() == error_line(Error::cancelled));
}

TEST_CASE("destroying an event ends its waits") {
  hawser::testing::Browser browser;
  auto event = std::make_unique<Event>();
  const Awaited waiting([&] { return event->wait(); });
  event.reset();
  browser.advance(0ms);
  CHECK(waiting.line() == error_line(Error::destroyed));
}
