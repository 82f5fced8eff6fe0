#include <catch_amalgamated.hpp>

#include <algorithm>
#include <optional>
#include <random>

#include "../../wasm/src/session/liveness.hpp"

using hawser::HeartbeatOptions;
using hawser::detail::Liveness;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Verdict = Liveness::Verdict;

namespace {

constexpr HeartbeatOptions options{.interval = 25s, .deadline = 10s};

/// A connection that opened at 0, and whose peer stopped responding and was pinged after 25 s.
Liveness pinged_at_25s() {
  Liveness liveness(options);
  liveness.opened(0s);
  CHECK(liveness.check(25s) == Verdict::ping);
  liveness.pinged(25s);
  return liveness;
}

/// Does what a session does with the verdicts, until it gives up or until `until`: it checks when
/// it is asked to, but not before the next time that timers run. Returns when it gave up.
std::optional<milliseconds> watch(Liveness& liveness, milliseconds from, milliseconds until,
                                  milliseconds timers_run_every) {
  for (milliseconds now = from; now < until;) {
    const Verdict verdict = liveness.check(now);
    if (verdict == Verdict::dead) return now;
    if (verdict == Verdict::ping) liveness.pinged(now);
    const milliseconds next = now + std::max(liveness.next_check(now), 1ms);
    now = (next + timers_run_every - 1ms) / timers_run_every * timers_run_every;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("a peer is pinged when it has sent nothing for the interval") {
  Liveness liveness(options);
  liveness.opened(1s);
  CHECK(liveness.next_check(1s) == 25s);
  CHECK(liveness.check(26s - 1ms) == Verdict::nothing);
  CHECK(liveness.check(26s) == Verdict::ping);
}

TEST_CASE("a ping that was not sent is requested again") {
  Liveness liveness(options);
  liveness.opened(0s);
  CHECK(liveness.check(25s) == Verdict::ping);
  CHECK(liveness.check(26s) == Verdict::ping);
  CHECK(liveness.next_check(26s) == 0s);
}

TEST_CASE("any message postpones the ping, without moving a timer") {
  Liveness liveness(options);
  liveness.opened(0s);
  liveness.received(20s);
  CHECK(liveness.check(25s) == Verdict::nothing);
  CHECK(liveness.next_check(25s) == 20s);
  CHECK(liveness.check(45s) == Verdict::ping);
}

TEST_CASE("a connection is dead when the peer sends nothing for the deadline after a ping") {
  Liveness liveness = pinged_at_25s();
  CHECK(liveness.next_check(25s) == 10s);
  CHECK(liveness.check(35s - 1ms) == Verdict::nothing);
  CHECK(liveness.check(35s) == Verdict::dead);
}

TEST_CASE("any message after a ping is a sign of life") {
  Liveness liveness = pinged_at_25s();
  liveness.received(34s);
  CHECK(liveness.check(35s) == Verdict::nothing);
  CHECK(liveness.next_check(35s) == 24s);
}

TEST_CASE("without an interval, a peer is neither pinged nor declared dead") {
  const auto interval = GENERATE(0ms, -1ms, milliseconds::min());
  Liveness liveness({.interval = interval, .deadline = 1s});
  liveness.opened(0s);
  CHECK(liveness.check(24h) == Verdict::nothing);
  CHECK(liveness.next_check(24h) == milliseconds::max());
}

TEST_CASE(
    "without a deadline, an unresponsive peer is pinged again and again, but never declared dead") {
  Liveness liveness({.interval = 25s, .deadline = 0s});
  liveness.opened(0s);
  CHECK(liveness.check(25s) == Verdict::ping);
  liveness.pinged(25s);
  CHECK(liveness.next_check(25s) == 25s);
  CHECK(liveness.check(50s - 1ms) == Verdict::nothing);
  CHECK(liveness.check(50s) == Verdict::ping);
}

TEST_CASE("an infinite interval and an infinite deadline do no harm") {
  Liveness liveness({.interval = milliseconds::max(), .deadline = milliseconds::max()});
  liveness.opened(1s);
  CHECK(liveness.check(24h) == Verdict::nothing);
  liveness.pinged(24h);
  CHECK(liveness.check(48h) == Verdict::nothing);
}

TEST_CASE(
    "after a sleep before the deadline, the peer is pinged again and gets the whole deadline") {
  Liveness liveness = pinged_at_25s();
  const milliseconds awake = GENERATE(36s, 1min, 1h);
  REQUIRE(liveness.check(awake) == Verdict::ping);
  liveness.pinged(awake);
  CHECK(liveness.next_check(awake) == 10s);
  CHECK(liveness.check(awake + 10s) == Verdict::dead);
}

TEST_CASE("after a sleep before the interval has passed, the peer is pinged") {
  Liveness liveness(options);
  liveness.opened(0s);
  REQUIRE(liveness.check(1h) == Verdict::ping);
  liveness.pinged(1h);
  CHECK(liveness.check(1h + 10s) == Verdict::dead);
}

TEST_CASE("a message that waited while the computer slept is a sign of life") {
  Liveness liveness = pinged_at_25s();
  CHECK(liveness.check(1h) == Verdict::ping);
  liveness.pinged(1h);
  liveness.received(1h + 5ms);
  CHECK(liveness.check(1h + 10s) == Verdict::nothing);
  CHECK(liveness.next_check(1h + 10s) == 15s + 5ms);
}

TEST_CASE("repeated sleeps do not kill a connection") {
  Liveness liveness = pinged_at_25s();
  for (milliseconds now = 1h; now < 24h; now += 1h) {
    CHECK(liveness.check(now) == Verdict::ping);
    liveness.pinged(now);
    CHECK(liveness.check(now + 2s) == Verdict::nothing);
  }
}

TEST_CASE("a check that is a little late still decides") {
  Liveness liveness = pinged_at_25s();
  CHECK(liveness.check(35s + Liveness::tolerance) == Verdict::dead);
}

TEST_CASE(
    "a check that is later grants time once, and the next one decides however late it is, short of "
    "a sleep") {
  Liveness liveness = pinged_at_25s();
  REQUIRE(liveness.check(35s + Liveness::tolerance + 1ms) == Verdict::ping);
  liveness.pinged(36s);
  CHECK(liveness.check(46s + Liveness::longest_throttle) == Verdict::dead);
}

TEST_CASE("a message restores the second chance of a late check") {
  Liveness liveness = pinged_at_25s();
  CHECK(liveness.check(1min) == Verdict::ping);
  liveness.pinged(1min);
  liveness.received(61s);
  CHECK(liveness.check(2min) == Verdict::ping);
  liveness.pinged(2min);
  CHECK(liveness.check(3min) == Verdict::ping);
}

TEST_CASE("in a hidden tab, a dead connection is found within about three minutes") {
  const auto [timers_run_every, longest] =
      GENERATE(table<milliseconds, milliseconds>({{1ms, 35s}, {1s, 45s}, {1min, 3min}}));
  Liveness liveness(options);
  liveness.opened(0s);
  const auto dead = watch(liveness, 0s, 1h, timers_run_every);
  REQUIRE(dead);
  CHECK(*dead <= longest);
}

TEST_CASE("in a hidden tab, a live connection is never given up") {
  const auto timers_run_every = GENERATE(1ms, 1s, 1min);
  const auto seed = GENERATE(range(1u, 6u));
  std::mt19937 random(seed);
  Liveness liveness(options);
  liveness.opened(0s);
  milliseconds now{0};
  for (int i = 0; i < 5000; ++i) {
    const Verdict verdict = liveness.check(now);
    REQUIRE(verdict != Verdict::dead);
    if (verdict == Verdict::ping) {
      liveness.pinged(now);
      const milliseconds answer(1 + random() % 9000);
      if (random() % 2) liveness.received(now + answer / 2);
      CHECK(liveness.ponged(now + answer) == answer);
      now += answer;
    }
    const milliseconds next = now + std::max(liveness.next_check(now), 1ms);
    now = (next + timers_run_every - 1ms) / timers_run_every * timers_run_every;
  }
}

TEST_CASE("a pong yields the round-trip time and is a sign of life") {
  Liveness liveness = pinged_at_25s();
  CHECK(liveness.ponged(25s + 42ms) == 42ms);
  CHECK(liveness.check(35s) == Verdict::nothing);
}

TEST_CASE("an unsolicited pong yields no round-trip time") {
  Liveness liveness = pinged_at_25s();
  liveness.ponged(26s);
  CHECK(liveness.ponged(27s) == std::nullopt);
}

TEST_CASE("a pong after other messages yields the time since its ping") {
  Liveness liveness = pinged_at_25s();
  liveness.received(26s);
  CHECK(liveness.ponged(27s) == 2s);
}

TEST_CASE("a pong after two pings yields the time since the first") {
  Liveness liveness = pinged_at_25s();
  liveness.received(26s);
  CHECK(liveness.check(51s) == Verdict::ping);
  liveness.pinged(51s);
  CHECK(liveness.ponged(52s) == 27s);
  CHECK(liveness.ponged(53s) == std::nullopt);
}

TEST_CASE("a sleep does not count as a round-trip time") {
  Liveness liveness = pinged_at_25s();
  CHECK(liveness.check(1h) == Verdict::ping);
  liveness.pinged(1h);
  CHECK(liveness.ponged(1h + 30ms) == 30ms);
}

TEST_CASE("a new connection ignores the ping of the previous one") {
  Liveness liveness = pinged_at_25s();
  liveness.opened(30s);
  CHECK(liveness.check(35s) == Verdict::nothing);
  CHECK(liveness.next_check(35s) == 20s);
  CHECK(liveness.ponged(36s) == std::nullopt);
}

TEST_CASE("a clock that goes backwards does no harm") {
  Liveness liveness = pinged_at_25s();
  CHECK(liveness.check(1s) == Verdict::nothing);
  CHECK(liveness.next_check(1s) == 10s);
  CHECK(liveness.ponged(1s) == 0s);
}
