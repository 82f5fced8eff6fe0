#include <catch_amalgamated.hpp>
#include <hawser/backoff.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "../../wasm/src/session/backoff.hpp"

using hawser::BackoffOptions;
using hawser::Jitter;
using hawser::detail::Backoff;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr double nearly_one = 1 - std::numeric_limits<double>::epsilon();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr milliseconds longest{0x7fffffff};

std::vector<milliseconds> delays(const BackoffOptions& options, int count, double random) {
  Backoff backoff(options);
  std::vector<milliseconds> all;
  for (int i = 0; i < count; ++i) all.push_back(backoff.next(random));
  return all;
}

}  // namespace

TEST_CASE("without jitter delays grow by the factor from the base to the cap") {
  const BackoffOptions options{.base = 100ms, .cap = 1s, .factor = 2, .jitter = Jitter::none};
  CHECK(delays(options, 6, 0.5) == std::vector<milliseconds>{100ms, 200ms, 400ms, 800ms, 1s, 1s});
}

TEST_CASE("equal jitter draws from the upper half of the delay") {
  const BackoffOptions options{.base = 100ms, .cap = 300ms, .factor = 2, .jitter = Jitter::equal};
  CHECK(delays(options, 3, 0) == std::vector<milliseconds>{50ms, 100ms, 150ms});
  CHECK(delays(options, 3, 0.5) == std::vector<milliseconds>{75ms, 150ms, 225ms});
}

TEST_CASE("full jitter draws from all of the delay, and is the default") {
  const BackoffOptions options{.base = 100ms, .cap = 300ms, .factor = 2};
  CHECK(delays(options, 3, 0) == std::vector<milliseconds>{0ms, 0ms, 0ms});
  CHECK(delays(options, 3, 0.5) == std::vector<milliseconds>{50ms, 100ms, 150ms});
  CHECK(delays(options, 3, nearly_one) == std::vector<milliseconds>{99ms, 199ms, 299ms});
}

TEST_CASE("decorrelated jitter draws from the base to three times the last delay") {
  const BackoffOptions options{.base = 100ms, .cap = 500ms, .jitter = Jitter::decorrelated};
  CHECK(delays(options, 3, 0) == std::vector<milliseconds>{100ms, 100ms, 100ms});
  CHECK(delays(options, 4, 0.5) == std::vector<milliseconds>{200ms, 350ms, 500ms, 500ms});
}

TEST_CASE("every call draws a new delay") {
  Backoff backoff({.base = 100ms, .cap = 100ms});
  CHECK(backoff.next(0.1) == 10ms);
  CHECK(backoff.next(0.9) == 90ms);
}

TEST_CASE("reset starts again from the base") {
  const auto jitter = GENERATE(Jitter::none, Jitter::decorrelated);
  Backoff backoff({.base = 100ms, .cap = 10s, .factor = 3, .jitter = jitter});
  const milliseconds first = backoff.next(0.5);
  CHECK(backoff.next(0.5) > first);
  CHECK(backoff.attempt() == 2);
  backoff.reset();
  CHECK(backoff.attempt() == 0);
  CHECK(backoff.next(0.5) == first);
}

TEST_CASE("a million attempts stay at the cap") {
  const double factor = GENERATE(1.0, 2.0, 1e300, infinite);
  Backoff backoff(
      {.base = 1ms, .cap = milliseconds::max(), .factor = factor, .jitter = Jitter::none});
  milliseconds last{0};
  for (int i = 0; i < 1'000'000; ++i) last = backoff.next(0.5);
  CHECK(last == (factor == 1 ? 1ms : longest));
  CHECK(backoff.attempt() == 1'000'000);
}

TEST_CASE("a base of zero or less counts as a millisecond") {
  const auto base = GENERATE(0ms, -1ms, milliseconds::min());
  CHECK(delays({.base = base, .cap = 4ms, .jitter = Jitter::none}, 4, 0) ==
        std::vector<milliseconds>{1ms, 2ms, 4ms, 4ms});
}

TEST_CASE("a cap below the base counts as the base") {
  const auto cap = GENERATE(0ms, -1ms, 99ms, milliseconds::min());
  CHECK(delays({.base = 100ms, .cap = cap, .jitter = Jitter::none}, 2, 0) ==
        std::vector<milliseconds>{100ms, 100ms});
}

TEST_CASE("a factor that does not grow counts as 1") {
  const double factor = GENERATE(0.0, -1.0, 0.5, not_a_number, -infinite);
  CHECK(delays({.base = 100ms, .cap = 1s, .factor = factor, .jitter = Jitter::none}, 3, 0) ==
        std::vector<milliseconds>{100ms, 100ms, 100ms});
}

TEST_CASE("no delay is longer than a browser's longest timer") {
  const BackoffOptions options{
      .base = milliseconds::max(), .cap = milliseconds::max(), .jitter = Jitter::none};
  CHECK(delays(options, 2, 0) == std::vector<milliseconds>{longest, longest});
}

TEST_CASE(
    "a random number outside its range counts as the nearer end, and NaN as the longest delay") {
  Backoff backoff({.base = 100ms, .cap = 100ms});
  CHECK(backoff.next(-0.1) == 0ms);
  CHECK(backoff.next(-infinite) == 0ms);
  CHECK(backoff.next(1) == 100ms);
  CHECK(backoff.next(infinite) == 100ms);
  CHECK(backoff.next(not_a_number) == 100ms);
}

TEST_CASE("whatever the options, every delay is between zero and the cap") {
  const auto seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto any_delay = [&] {
    const std::uint64_t bits = std::uint64_t{random()} << 32 | random();
    return milliseconds(static_cast<std::int64_t>(bits) >> (random() % 64));
  };
  const auto any_number = [&] {
    constexpr double odd[] = {0, 0.5, 1, -1, 2, 1e308, -1e308, infinite, not_a_number, nearly_one};
    return odd[random() % std::size(odd)];
  };
  for (int i = 0; i < 500; ++i) {
    const BackoffOptions options{any_delay(), any_delay(), any_number(),
                                 static_cast<Jitter>(random() % 4)};
    const milliseconds cap = std::clamp(std::max(options.base, options.cap), 1ms, longest);
    Backoff backoff(options);
    for (int attempt = 0; attempt < 50; ++attempt) {
      const milliseconds delay = backoff.next(any_number());
      if (delay < 0ms || delay > cap) FAIL(delay.count() << " of at most " << cap.count());
    }
  }
}
