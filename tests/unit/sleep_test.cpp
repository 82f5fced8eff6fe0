// Waiting for time alone.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <deque>
#include <string>
#include <vector>

#include "../../wasm/src/testing/script.hpp"
#include "connected.hpp"

using hawser::Error;
using hawser::sleep_for;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

TEST_CASE("sleep_for continues when its time has passed, and not before") {
  hawser::testing::Browser browser;
  const Awaited slept([] { return sleep_for(1s); });
  browser.advance(999ms);
  CHECK_FALSE(slept.result);
  browser.advance(1ms);
  CHECK(slept.result->has_value());
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("sleep_for(0) continues in the next turn of the event loop") {
  hawser::testing::Browser browser;
  const Awaited slept([] { return sleep_for(0ms); });
  CHECK_FALSE(slept.result);
  browser.advance(0ms);
  CHECK(slept.result->has_value());
}

TEST_CASE(
    "several sleeps end in the order of their deadlines, and equal ones in the order in which they "
    "started") {
  Lines order;
  hawser::testing::Browser browser;
  Awaited third([] { return sleep_for(2s); });
  Awaited first([] { return sleep_for(1s); });
  Awaited second([] { return sleep_for(1s); });
  first.then = [&] { order.emplace_back("first"); };
  second.then = [&] { order.emplace_back("second"); };
  third.then = [&] { order.emplace_back("third"); };
  CHECK(browser.pending_timers() == 1);
  browser.advance(2s);
  CHECK(order == Lines{"first", "second", "third"});
}

TEST_CASE(
    "sleeps that end together continue over several turns of the event loop if that takes long") {
  const auto [each, in_first_turn] =
      GENERATE(table<std::chrono::milliseconds, int>({{0ms, 9}, {3ms, 3}, {100ms, 1}}));
  int continued = 0;
  hawser::testing::Browser browser;
  const auto sleep = [] { return sleep_for(1s); };
  std::deque<Awaited<decltype(sleep)>> sleeps;
  for (int i = 0; i < 9; ++i) {
    sleeps.emplace_back(sleep).then = [&continued, each] {
      ++continued;
      hawser::testing::script::pass(each);
    };
  }
  browser.block(1s);
  CHECK(continued == in_first_turn);
  browser.advance(1s);
  CHECK(continued == 9);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a stop request ends a sleep, but not inside request_stop") {
  const auto delay = GENERATE(0ms, 1000ms);
  hawser::testing::Browser browser;
  std::stop_source stop;
  const Awaited slept([&] { return sleep_for(delay, stop.get_token()); });
  stop.request_stop();
  CHECK_FALSE(slept.result);
  browser.advance(0ms);
  CHECK(slept.line() == error_line(Error::cancelled));
  CHECK(slept.resumptions == 1);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a stop request that came before ends a sleep at once") {
  hawser::testing::Browser browser;
  std::stop_source stop;
  stop.request_stop();
  const Awaited slept([&] { return sleep_for(1s, stop.get_token()); });
  CHECK(slept.line() == error_line(Error::cancelled));
}

TEST_CASE("a coroutine that is destroyed while it sleeps leaves no timer") {
  hawser::testing::Browser browser;
  {
    const Awaited slept([] { return sleep_for(1h); });
  }
  CHECK(browser.pending_timers() == 0);
}
