#include <catch_amalgamated.hpp>
#include <hawser/reconnect.hpp>

#include <random>
#include <string>

#include "../../wasm/src/session/reconnect_policy.hpp"

using hawser::CloseEvent;
using hawser::Decision;
using hawser::EndedBy;
using hawser::Error;
using hawser::Jitter;
using hawser::ReconnectOptions;
using hawser::retry_after;
using hawser::RetryHint;
using hawser::StopReason;
using hawser::detail::ReconnectPolicy;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

const CloseEvent lost{.code = 1006, .error = Error::connection_lost};

/// With delays of 1, 2, 4, 8 and then 8 seconds.
ReconnectOptions plain() {
  return {.backoff = {.base = 1s, .cap = 8s, .factor = 2, .jitter = Jitter::none}};
}

Decision end(ReconnectPolicy& policy, milliseconds uptime, milliseconds now) {
  return policy.ended(lost, EndedBy::other, uptime, now, 0.5);
}

CloseEvent closed_with(std::uint16_t code, std::string reason = {}) {
  return {.code = code, .reason = std::move(reason), .was_clean = true};
}

StopReason why(const CloseEvent& event, EndedBy by = EndedBy::other,
               const ReconnectOptions& options = {}) {
  const Decision decision = hawser::decide(event, by, options);
  CHECK(decision.reconnect == (decision.why == StopReason::none));
  return decision.why;
}

}  // namespace

// The decision

TEST_CASE("a lost connection is reconnected") { CHECK(why(lost) == StopReason::none); }

TEST_CASE("a connection that the peer closed is reconnected, whatever the code") {
  const int code = GENERATE(1000, 1001, 1002, 1005, 1009, 1011, 1012, 1013, 3000, 4000, 4999, 0);
  CHECK(why(closed_with(static_cast<std::uint16_t>(code))) == StopReason::none);
}

TEST_CASE("a connection that the app closed is not reconnected") {
  CHECK(why(closed_with(1000), EndedBy::app) == StopReason::closed_by_app);
  CHECK(why(lost, EndedBy::app) == StopReason::closed_by_app);
}

TEST_CASE("after code 1008 there is no reconnect") {
  CHECK(why(closed_with(1008)) == StopReason::policy_violation);
}

TEST_CASE("after a code that the app named as final there is no reconnect") {
  const ReconnectOptions options{.final_codes = {4001, 4403}};
  CHECK(why(closed_with(4001), EndedBy::other, options) == StopReason::final_code);
  CHECK(why(closed_with(4403), EndedBy::other, options) == StopReason::final_code);
  CHECK(why(closed_with(4002), EndedBy::other, options) == StopReason::none);
}

TEST_CASE("an end that the same messages would cause again is not retried") {
  CHECK(why({.error = Error::message_too_large}) == StopReason::message_refused);
  CHECK(why({.error = Error::inbox_overflow}) == StopReason::message_refused);
}

TEST_CASE("a failure before the network is not retried") {
  const auto error = GENERATE(Error::unsupported, Error::invalid_url, Error::url_too_long,
                              Error::invalid_protocol, Error::invalid_timeout, Error::blocked);
  CHECK(why({.error = error}) == StopReason::cannot_connect);
}

TEST_CASE("a failure on the network is retried") {
  const auto error =
      GENERATE(Error::connection_failed, Error::connection_lost, Error::connection_timed_out,
               Error::out_of_memory, Error::browser_exception);
  CHECK(why({.error = error}) == StopReason::none);
}

TEST_CASE("after code 1013 the next attempt is delayed") {
  CHECK(hawser::decide(closed_with(1013), EndedBy::other, {}).delay == 10s);
  CHECK(hawser::decide(closed_with(1013), EndedBy::other, {.try_again_later = -1s}).delay == 0s);
  CHECK(hawser::decide(closed_with(1012), EndedBy::other, {}).delay == 0s);
}

TEST_CASE("seconds in a close reason are waited for if the app wants it") {
  const auto delay = [](const CloseEvent& event, RetryHint hint) {
    return hawser::decide(event, EndedBy::other, {.retry_hint = hint}).delay;
  };
  CHECK(delay(closed_with(1013, "retry after 30"), RetryHint::in_reason) == 30s);
  CHECK(delay(closed_with(1013, "0"), RetryHint::in_reason) == 0s);
  CHECK(delay(closed_with(1012, "45"), RetryHint::in_reason) == 45s);
  CHECK(delay(closed_with(1013, "retry after 30"), RetryHint::ignore) == 10s);
  CHECK(delay(closed_with(1012, "45"), RetryHint::ignore) == 0s);
  CHECK(delay(closed_with(1013, "later"), RetryHint::in_reason) == 10s);
}

TEST_CASE("a server cannot ask for a longer delay than the app allows") {
  const ReconnectOptions options{.retry_hint = RetryHint::in_reason, .max_retry_hint = 1min};
  const auto* const reason = GENERATE("61", "3600", "99999999999999999999999999999999999999999999");
  CHECK(hawser::decide(closed_with(1013, reason), EndedBy::other, options).delay == 1min);
}

TEST_CASE("a limit of zero or less allows no waiting") {
  const auto limit = GENERATE(0ms, -1ms, milliseconds::min());
  const ReconnectOptions options{.retry_hint = RetryHint::in_reason, .max_retry_hint = limit};
  CHECK(hawser::decide(closed_with(1013, "30"), EndedBy::other, options).delay == 0s);
}

// The hint

TEST_CASE("a close reason that says when to retry is parsed") {
  const auto* const reason = GENERATE(
      "30", " 30 ", "0030", "30s", "30 s", "30 sec", "30 second", "30 seconds", "30 SECONDS",
      "retry after 30", "Retry-After: 30", "retry_after=30", "RETRY AFTER 30 s", "retryafter30");
  CAPTURE(reason);
  CHECK(retry_after(reason) == 30s);
}

TEST_CASE("a close reason that says something else is no hint") {
  const std::string reason = GENERATE(values<std::string>({"",
                                                           " ",
                                                           "s",
                                                           "-30",
                                                           "+30",
                                                           "- 30",
                                                           "30.5",
                                                           "30,5",
                                                           "3e1",
                                                           "0x1e",
                                                           "30 minutes",
                                                           "30 sx",
                                                           "30 seconds or so",
                                                           "30s30",
                                                           "retry",
                                                           "retry after",
                                                           "retry after ",
                                                           "retry after -1",
                                                           "retry after noon",
                                                           "retry 30",
                                                           "after 30",
                                                           "retry: after 30",
                                                           "restart in 30",
                                                           "30\n",
                                                           std::string("30\0", 3),
                                                           std::string("\0"
                                                                       "30",
                                                                       3),
                                                           "\xef\xbc\x93\xef\xbc\x90",
                                                           "\xff"}));
  CAPTURE(reason);
  CHECK(retry_after(reason) == std::nullopt);
}

TEST_CASE("an infinite hint counts as the longest timer") {
  const std::string reason = GENERATE(values<std::string>(
      {"2147484", "9223372036854775807", "18446744073709551616", std::string(123, '9')}));
  CHECK(retry_after(reason) == milliseconds(0x7fffffff));
}

TEST_CASE("any bytes as a close reason yield a time from zero to the longest timer, or none") {
  const auto seed = GENERATE(range(1u, 11u));
  std::mt19937 random(seed);
  constexpr std::string_view likely = "retry after-:=_ 0123456789sec.+\0\xff";
  for (int i = 0; i < 10'000; ++i) {
    std::string reason = random() % 2 ? "retry after " : "";
    for (auto size = random() % 20; size > 0; --size) {
      reason += random() % 4 ? likely[random() % likely.size()] : static_cast<char>(random());
    }
    const auto hint = retry_after(reason);
    if (hint && (*hint < 0ms || *hint > milliseconds(0x7fffffff))) FAIL(reason);
  }
}

// The policy

TEST_CASE("attempts are counted, and their delays grow") {
  ReconnectPolicy policy(plain());
  policy.start(0s);
  CHECK(policy.attempt() == 0);
  CHECK(end(policy, 0s, 10s).delay == 1s);
  CHECK(policy.attempt() == 1);
  CHECK(end(policy, 0s, 11s).delay == 2s);
  CHECK(end(policy, 0s, 13s).delay == 4s);
  CHECK(policy.attempt() == 3);
}

TEST_CASE("a connection that lasted resets the backoff, and one that ended at once does not") {
  ReconnectPolicy policy(plain());
  policy.start(0s);
  end(policy, 0s, 0s);
  CHECK(end(policy, 5s - 1ms, 10s).delay == 2s);
  CHECK(end(policy, 5s, 20s).delay == 1s);
  CHECK(policy.attempt() == 1);
}

TEST_CASE("without a minimum uptime, every connection that opened resets the backoff") {
  ReconnectOptions options = plain();
  options.min_uptime = GENERATE(0s, -1s);
  ReconnectPolicy policy(options);
  policy.start(0s);
  end(policy, 0s, 0s);
  CHECK(end(policy, 0s, 1s).delay == 2s);
  CHECK(end(policy, 1ms, 2s).delay == 1s);
}

TEST_CASE("the policy stops after the last attempt") {
  ReconnectOptions options = plain();
  options.max_attempts = 2;
  ReconnectPolicy policy(options);
  policy.start(0s);
  CHECK(end(policy, 0s, 0s).reconnect);
  CHECK(end(policy, 0s, 0s).reconnect);
  CHECK(end(policy, 0s, 0s).why == StopReason::too_many_attempts);
  CHECK(end(policy, 0s, 0s).why == StopReason::too_many_attempts);
}

TEST_CASE("a connection that lasted restores the number of attempts") {
  ReconnectOptions options = plain();
  options.max_attempts = 1;
  ReconnectPolicy policy(options);
  policy.start(0s);
  CHECK(end(policy, 0s, 0s).reconnect);
  CHECK(end(policy, 5s, 10s).reconnect);
  CHECK(end(policy, 0s, 11s).why == StopReason::too_many_attempts);
}

TEST_CASE("with no attempts allowed, the first end is final") {
  ReconnectOptions options = plain();
  options.max_attempts = 0;
  ReconnectPolicy policy(options);
  policy.start(0s);
  CHECK(end(policy, 1h, 1h).why == StopReason::too_many_attempts);
}

TEST_CASE("an attempt that would start after the deadline is not made") {
  ReconnectOptions options = plain();
  options.give_up_after = 10s;
  ReconnectPolicy policy(options);
  policy.start(100s);
  CHECK(end(policy, 0s, 100s).reconnect);    // until 101 s
  CHECK(end(policy, 0s, 108s).delay == 2s);  // until 110 s
  CHECK(end(policy, 0s, 110s).why == StopReason::deadline);
}

TEST_CASE("the deadline counts from the end of the last connection that lasted") {
  ReconnectOptions options = plain();
  options.give_up_after = 10s;
  ReconnectPolicy policy(options);
  policy.start(0s);
  CHECK(end(policy, 1h, 1h).delay == 1s);
  CHECK(end(policy, 1s, 1h + 2s).delay == 2s);
  CHECK(end(policy, 0s, 1h + 7s).why == StopReason::deadline);
}

TEST_CASE("a pause does not count towards the deadline") {
  ReconnectOptions options = plain();
  options.give_up_after = 10s;
  ReconnectPolicy policy(options);
  policy.start(0s);
  CHECK(end(policy, 0s, 1s).reconnect);
  policy.paused(1h);
  policy.paused(-1h);
  CHECK(end(policy, 0s, 1h + 2s).reconnect);
  CHECK(end(policy, 0s, 1h + 9s).why == StopReason::deadline);
}

TEST_CASE("without a deadline a pause of any length does no harm") {
  ReconnectPolicy policy(plain());
  policy.start(0s);
  policy.paused(milliseconds::max());
  CHECK(end(policy, 0s, 1s).reconnect);
}

TEST_CASE("a deadline of zero or less allows no attempt") {
  ReconnectOptions options = plain();
  options.give_up_after = GENERATE(0ms, -1ms, milliseconds::min());
  ReconnectPolicy policy(options);
  policy.start(0s);
  CHECK(end(policy, 1h, 1h).why == StopReason::deadline);
  CHECK(end(policy, 0s, 2h).why == StopReason::deadline);
}

TEST_CASE("a session that stopped can restart with a fresh count") {
  ReconnectOptions options = plain();
  options.max_attempts = 1;
  options.give_up_after = 10s;
  ReconnectPolicy policy(options);
  policy.start(0s);
  end(policy, 0s, 0s);
  REQUIRE_FALSE(end(policy, 0s, 1s).reconnect);
  policy.start(1h);
  CHECK(end(policy, 0s, 1h).delay == 1s);
}

TEST_CASE("the server's delay comes on top of the backoff, so that clients still spread out") {
  ReconnectOptions options{.backoff = {.base = 1s, .cap = 1s}, .retry_hint = RetryHint::in_reason};
  ReconnectPolicy policy(options);
  policy.start(0s);
  CHECK(policy.ended(closed_with(1013, "30"), EndedBy::other, 0s, 0s, 0).delay == 30s);
  CHECK(policy.ended(closed_with(1013, "30"), EndedBy::other, 0s, 0s, 0.5).delay == 30s + 500ms);
}

TEST_CASE("the app's own decision is followed, within the limits") {
  ReconnectOptions options = plain();
  options.max_attempts = 2;
  ReconnectPolicy policy(options);
  policy.start(0s);
  CHECK(policy.ended({.delay = 1min}, 0s, 0s, 0.5).delay == 61s);
  CHECK(policy.ended({.delay = -1min}, 0s, 0s, 0.5).delay == 2s);
  CHECK(policy.ended({}, 0s, 0s, 0.5).why == StopReason::too_many_attempts);
  CHECK(policy.ended({.reconnect = false}, 0s, 0s, 0.5).why == StopReason::decided_by_app);
}

TEST_CASE("no decision waits longer than a browser's longest timer") {
  ReconnectPolicy policy(plain());
  policy.start(0s);
  CHECK(policy.ended({.delay = milliseconds::max()}, 0s, 0s, 0.5).delay ==
        milliseconds(0x7fffffff));
}
