// Fuzzes the rules by which a session decides: backoff, reconnecting, the hint in a close reason,
// and whether a connection is alive. It checks what their headers promise of every answer, and
// needs no second implementation.

#include <hawser/reconnect.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <regex>
#include <vector>

#include "../../wasm/src/session/backoff.hpp"
#include "../../wasm/src/session/liveness.hpp"
#include "../../wasm/src/session/reconnect_policy.hpp"
#include "input.hpp"

using fuzz::demand;
using hawser::BackoffOptions;
using hawser::CloseEvent;
using hawser::Decision;
using hawser::EndedBy;
using hawser::Error;
using hawser::HeartbeatOptions;
using hawser::Jitter;
using hawser::ReconnectOptions;
using hawser::RetryHint;
using hawser::StopReason;
using hawser::detail::Backoff;
using hawser::detail::Liveness;
using hawser::detail::ReconnectPolicy;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds none{0};
constexpr milliseconds longest{0x7fffffff};

/// Any number of milliseconds; likely values come more often.
milliseconds any_time(fuzz::Input& input) {
  switch (input.below(4)) {
    case 0: return milliseconds(input.take<std::int64_t>());
    case 1: return milliseconds(input.take<std::int8_t>());
    case 2: return milliseconds(input.take<std::uint16_t>());
    default: return milliseconds(input.take<std::uint32_t>());
  }
}

/// A step of the clock, small enough that the sum of all steps never overflows.
milliseconds passing(fuzz::Input& input) {
  return input.flag() ? milliseconds(input.take<std::uint16_t>())
                      : milliseconds(input.take<std::uint32_t>());
}

double any_number(fuzz::Input& input) {
  return input.flag() ? input.take<std::uint16_t>() / 65'536.0 : input.take<double>();
}

BackoffOptions backoff_options(fuzz::Input& input) {
  return {.base = any_time(input),
          .cap = any_time(input),
          .factor = input.flag() ? input.below(5) : any_number(input),
          .jitter = static_cast<Jitter>(input.below(4))};
}

// Backoff

class BackoffPromises {
 public:
  explicit BackoffPromises(const BackoffOptions& options)
      : options_(options),
        base_(std::clamp(options.base, milliseconds(1), longest)),
        cap_(std::clamp(options.cap, base_, longest)),
        backoff_(options) {}

  void step(fuzz::Input& input) {
    if (input.below(16) == 0) return reset();
    const double random = any_number(input);
    const milliseconds delay = backoff_.next(random);
    ++attempts_;
    demand(backoff_.attempt() == attempts_, "attempts are counted");
    demand(delay >= none && delay <= cap_, "a delay is between zero and the cap");
    check(delay);
    first_.push_back({random, delay});
    last_ = delay;
  }

 private:
  struct Drawn {
    double random;
    milliseconds delay;
  };

  /// Compares with d, the delay without jitter, which the library rounds down.
  void check(milliseconds delay) {
    const double d =
        std::min(static_cast<double>(base_.count()) * std::pow(factor(), attempts_ - 1),
                 static_cast<double>(cap_.count()));
    const double error = d * 1e-9 + 1;
    const auto given = static_cast<double>(delay.count());
    switch (options_.jitter) {
      case Jitter::none: return demand(std::abs(given - d) <= error, "without jitter a delay is d");
      case Jitter::equal:
        return demand(given >= d / 2 - error && given <= d + error,
                      "with equal jitter a delay is from d / 2 to d");
      case Jitter::full: return demand(given <= d + error, "with full jitter a delay is at most d");
      case Jitter::decorrelated:
        demand(delay >= base_, "with decorrelated jitter a delay is at least the base");
        return demand(attempts_ == 1 || delay <= 3 * last_ + milliseconds(3),
                      "with decorrelated jitter a delay is at most three times the last");
    }
  }

  double factor() const { return options_.factor > 1 ? options_.factor : 1; }

  /// Starts again, and expects the same delays for the same random numbers.
  void reset() {
    backoff_.reset();
    demand(backoff_.attempt() == 0, "a reset restarts the count");
    for (const auto& drawn : first_) {
      demand(backoff_.next(drawn.random) == drawn.delay, "a reset restarts with the same delays");
    }
  }

  BackoffOptions options_;
  milliseconds base_;
  milliseconds cap_;
  milliseconds last_{0};
  std::uint32_t attempts_ = 0;
  std::vector<Drawn> first_;  // all since the start: a reset repeats them
  Backoff backoff_;
};

void fuzz_backoff(fuzz::Input& input) {
  BackoffPromises promises(backoff_options(input));
  while (!input.is_over()) promises.step(input);
}

// The hint in a close reason

std::optional<milliseconds> hint_by_pattern(const std::string& reason) {
  static const std::regex pattern(
      " *(?:retry[ _-]*after[ :=]*)?([0-9]+) *(?:s|sec|second|seconds)? *",
      std::regex::icase | std::regex::optimize);
  std::smatch found;
  if (!std::regex_match(reason, found, pattern)) return std::nullopt;
  std::string digits = found[1];
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > 9) return longest;
  return std::min(milliseconds(1000 * std::strtoll(digits.c_str(), nullptr, 10)), longest);
}

void fuzz_hint(fuzz::Input& input) {
  const std::string reason = input.text(200);  // more than a reason can have
  const auto hint = hawser::retry_after(reason);
  demand(hint == hint_by_pattern(reason), "a hint matches its pattern");
}

// Reconnecting

ReconnectOptions reconnect_options(fuzz::Input& input) {
  ReconnectOptions options{.backoff = backoff_options(input)};
  if (input.flag()) options.min_uptime = any_time(input);
  if (input.flag()) options.max_attempts = input.below(8);
  if (input.flag()) options.give_up_after = any_time(input);
  if (input.flag()) options.final_codes = {input.take<std::uint16_t>(), 4001};
  if (input.flag()) options.try_again_later = any_time(input);
  if (input.flag()) options.retry_hint = RetryHint::in_reason;
  if (input.flag()) options.max_retry_hint = any_time(input);
  return options;
}

CloseEvent any_end(fuzz::Input& input) {
  constexpr std::array<std::uint16_t, 8> codes = {1000, 1006, 1006, 1008, 1012, 1013, 1013, 4001};
  CloseEvent event{.code = input.flag() ? codes[input.below(8)] : input.take<std::uint16_t>()};
  if (input.flag()) event.reason = std::to_string(input.take<std::uint16_t>());
  if (input.flag())
    event.error =
        static_cast<Error>(1 + input.below(static_cast<std::uint32_t>(Error::inbox_overflow)));
  return event;
}

class PolicyPromises {
 public:
  explicit PolicyPromises(const ReconnectOptions& options)
      : options_(options),
        longest_backoff_(std::clamp(std::max(options.backoff.base, options.backoff.cap),
                                    milliseconds(1), longest)),
        policy_(options) {
    policy_.start(now_);
  }

  void step(fuzz::Input& input) {
    now_ += passing(input);
    switch (input.below(8)) {
      case 0: return start();
      case 1: return pause(input);
      case 2: return ends_by_decision(input);
      default: return ends(input);
    }
  }

 private:
  void start() {
    policy_.start(now_);
    since_ = now_;
    attempts_ = 0;
    demand(policy_.attempt() == 0, "a session that starts has made no attempt");
  }

  void pause(fuzz::Input& input) {
    const milliseconds duration = any_time(input);
    policy_.paused(duration);
    since_ += std::clamp(duration, none, longest);
  }

  void ends(fuzz::Input& input) {
    const CloseEvent event = any_end(input);
    const auto by = input.below(8) == 0 ? EndedBy::app : EndedBy::other;
    const Decision decided = decide(event, by, options_);
    check_decision(decided, event, by);
    const milliseconds uptime = any_uptime(input);
    check(policy_.ended(event, by, uptime, now_, any_number(input)), decided, uptime);
  }

  void ends_by_decision(fuzz::Input& input) {
    const Decision decided{.reconnect = input.below(4) != 0,
                           .delay = any_time(input),
                           .why = static_cast<StopReason>(input.below(8)),
                           .skip_backoff = input.below(4) == 0};
    const milliseconds uptime = any_uptime(input);
    check(policy_.ended(decided, uptime, now_, any_number(input)), decided, uptime);
  }

  milliseconds any_uptime(fuzz::Input& input) { return input.flag() ? none : passing(input); }

  void check_decision(const Decision& decided, const CloseEvent& event, EndedBy by) const {
    demand(decided.reconnect == (decided.why == StopReason::none),
           "there is a reason if and only if it stops");
    demand(decided.delay >= none && decided.delay <= longest,
           "a timer can wait for a decided delay");
    demand(by != EndedBy::app || decided.why == StopReason::closed_by_app,
           "the app's close is final");
    if (by == EndedBy::app) return;
    const bool is_final =
        std::ranges::find(options_.final_codes, event.code) != options_.final_codes.end();
    const bool is_local =
        event.error && *event.error <= Error::blocked;  // failed before the network
    const bool is_refused =
        event.error == Error::message_too_large || event.error == Error::inbox_overflow;
    const bool is_to_stop = event.code == 1008 || is_final || is_local || is_refused;
    demand(decided.reconnect != is_to_stop, "all other ends are retried");
    if (!decided.reconnect) return;
    const auto hint =
        options_.retry_hint == RetryHint::in_reason ? hint_by_pattern(event.reason) : std::nullopt;
    const milliseconds later = event.code == 1013 ? options_.try_again_later : none;
    const milliseconds asked = hint ? std::min(*hint, options_.max_retry_hint) : later;
    demand(decided.delay == std::clamp(asked, none, longest),
           "a hint is waited for, or else code 1013");
  }

  void check(const Decision& decision, const Decision& decided, milliseconds uptime) {
    if (uptime > none && uptime >= options_.min_uptime) {
      since_ = now_;
      attempts_ = 0;
    }
    demand(decision.reconnect == (decision.why == StopReason::none),
           "there is a reason if and only if it stops");
    demand(decision.delay >= none && decision.delay <= longest, "a timer can wait for a delay");
    if (!decided.reconnect) return demand(!decision.reconnect, "a final decision is final");
    if (attempts_ >= options_.max_attempts) {
      return demand(decision.why == StopReason::too_many_attempts, "attempts are limited");
    }
    demand(decision.reconnect || decision.why == StopReason::deadline,
           "an attempt is refused only because of a limit");
    ++attempts_;
    demand(policy_.attempt() == attempts_, "attempts are counted");
    const milliseconds left =
        std::max(options_.give_up_after, none) - std::max(now_ - since_, none);
    const milliseconds least = std::clamp(decided.delay, none, longest);
    const milliseconds most = least + (decided.skip_backoff ? none : longest_backoff_);
    if (!decision.reconnect)
      return demand(std::min(most, longest) > left, "not enough time was left");
    demand(decision.delay <= left, "no attempt is made after the time to give up");
    demand(decision.delay >= least, "a decided delay is waited for");
    demand(decision.delay <= most, "nothing but the decided delay and the backoff is waited for");
  }

  ReconnectOptions options_;
  milliseconds longest_backoff_;
  milliseconds now_{0};
  milliseconds since_{0};  // give_up_after counts from here
  std::uint32_t attempts_ = 0;
  ReconnectPolicy policy_;
};

void fuzz_reconnecting(fuzz::Input& input) {
  PolicyPromises promises(reconnect_options(input));
  while (!input.is_over()) promises.step(input);
}

// Whether a connection is alive

HeartbeatOptions heartbeat_options(fuzz::Input& input) {
  if (input.below(4) == 0) return {.interval = any_time(input), .deadline = any_time(input)};
  return {.interval = milliseconds(1 + input.take<std::uint16_t>()),
          .deadline = milliseconds(1 + input.take<std::uint16_t>())};
}

/// A session's heartbeat, with checks that come on time, early, late and after a sleep.
class LivenessPromises {
 public:
  explicit LivenessPromises(const HeartbeatOptions& options)
      : options_(options), liveness_(options) {
    liveness_.opened(now_);
  }

  bool is_dead() const { return is_dead_; }

  void step(fuzz::Input& input) {
    switch (input.below(8)) {
      case 0: return hear(input);
      case 1: return check_early(input);
      case 2: return check_after(milliseconds(input.below(251)));  // as late as the tolerance
      case 3: return check_after(passing(input));
      case 4: return reopen();
      default: return check_after(none);
    }
  }

 private:
  bool has_interval() const { return options_.interval > none; }
  bool has_deadline() const { return options_.deadline > none; }

  void hear(fuzz::Input& input) {
    now_ += milliseconds(input.take<std::uint16_t>());
    if (input.flag()) {
      liveness_.received(now_);
    } else {
      pong();
    }
    heard_ = now_;
    pings_since_heard_ = sleeps_ = 0;
  }

  void pong() {
    const auto time = liveness_.ponged(now_);
    demand(!time || (*time >= none && first_ping_ && now_ - *time >= *first_ping_),
           "a round trip starts with a ping");
    demand(time || !first_ping_, "an unanswered ping yields a round-trip time");
    first_ping_.reset();
  }

  void reopen() {
    liveness_.opened(now_);
    heard_ = now_;
    pings_since_heard_ = sleeps_ = 0;
    first_ping_.reset();
  }

  /// A check before its time changes nothing.
  void check_early(fuzz::Input& input) {
    const milliseconds wait = liveness_.next_check(now_);
    demand(wait >= none, "the next check is not in the past");
    if (wait == none || wait == milliseconds::max()) return;
    now_ += milliseconds(input.take<std::uint32_t>() % wait.count());
    demand(liveness_.check(now_) == Liveness::Verdict::nothing,
           "a check before its time finds nothing");
  }

  void check_after(milliseconds late) {
    const milliseconds wait = liveness_.next_check(now_);
    if (!has_interval()) return check_without_interval(wait);
    if (wait > std::chrono::hours(10'000)) return;  // the clock must not overflow
    now_ += wait + late;
    const auto verdict = liveness_.check(now_);
    demand(verdict != Liveness::Verdict::nothing, "a check at its time or later finds something");
    if (verdict == Liveness::Verdict::dead) return die();
    if (has_deadline() && pings_since_heard_ > 0) {
      demand(late > Liveness::tolerance, "a check on time decides");
      if (late > Liveness::longest_throttle) ++sleeps_;
      first_ping_.reset();
    }
    ping();
  }

  void check_without_interval(milliseconds wait) {
    demand(wait == milliseconds::max(), "without an interval there is no next check");
    now_ += std::chrono::hours(1);
    demand(liveness_.check(now_) == Liveness::Verdict::nothing,
           "without an interval a peer is neither pinged nor declared dead");
  }

  void ping() {
    ++pings_since_heard_;
    demand(!has_deadline() || pings_since_heard_ <= 2 + sleeps_,
           "a dead connection gets two pings, and one for each sleep");
    liveness_.pinged(now_);
    pinged_ = now_;
    if (!first_ping_) first_ping_ = now_;
  }

  void die() {
    is_dead_ = true;
    demand(has_deadline(), "without a deadline no peer is declared dead");
    demand(pings_since_heard_ > 0, "no peer is declared dead that was not pinged");
    demand(now_ - pinged_ >= options_.deadline,
           "no peer is declared dead before the deadline of a ping");
    demand(now_ - heard_ >= options_.interval + options_.deadline,
           "no peer is declared dead that sent something recently");
  }

  HeartbeatOptions options_;
  milliseconds now_{0};
  milliseconds heard_{0};
  milliseconds pinged_{0};
  std::optional<milliseconds> first_ping_;  // unanswered, and without a sleep since
  int pings_since_heard_ = 0;
  int sleeps_ = 0;
  bool is_dead_ = false;
  Liveness liveness_;
};

void fuzz_liveness(fuzz::Input& input) {
  LivenessPromises promises(heartbeat_options(input));
  while (!input.is_over() && !promises.is_dead()) promises.step(input);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  switch (input.below(4)) {
    case 0: fuzz_backoff(input); break;
    case 1: fuzz_hint(input); break;
    case 2: fuzz_reconnecting(input); break;
    default: fuzz_liveness(input); break;
  }
  return 0;
}
