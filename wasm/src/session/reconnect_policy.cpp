#include "reconnect_policy.hpp"

#include <algorithm>
#include <utility>

#include <hawser/detail/longest_timer.hpp>

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds none = milliseconds::zero();

}  // namespace

ReconnectPolicy::ReconnectPolicy(ReconnectOptions options)
    : options_(std::move(options)), backoff_(options_.backoff) {}

void ReconnectPolicy::start(milliseconds now) noexcept {
  backoff_.reset();
  tried_since_ = now;
}

Decision ReconnectPolicy::ended(const CloseEvent& event, EndedBy by, milliseconds uptime,
                                milliseconds now, double random) noexcept {
  return ended(decide(event, by, options_), uptime, now, random);
}

Decision ReconnectPolicy::ended(const Decision& decided, milliseconds uptime, milliseconds now,
                                double random) noexcept {
  const bool was_success = uptime > none && uptime >= options_.min_uptime;
  if (was_success) start(now);
  if (!decided.reconnect)
    return Decision::stop(decided.why == StopReason::none ? StopReason::decided_by_app
                                                          : decided.why);
  if (attempt() >= options_.max_attempts) return Decision::stop(StopReason::too_many_attempts);

  const milliseconds backoff =
      backoff_.next(random);  // counts the attempt, whether or not this delay is used
  const milliseconds delay = std::min(
      std::clamp(decided.delay, none, longest_timer) + (decided.skip_backoff ? none : backoff),
      longest_timer);
  const milliseconds tried_for = std::max(now - tried_since_, none);
  if (delay > std::max(options_.give_up_after, none) - tried_for)
    return Decision::stop(StopReason::deadline);
  return {.delay = delay};
}

void ReconnectPolicy::paused(milliseconds duration) noexcept {
  tried_since_ += std::clamp(duration, none, longest_timer);
}

}  // namespace hawser::detail
