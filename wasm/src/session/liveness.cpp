#include "liveness.hpp"

#include <algorithm>

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// Never negative, even if the clock goes back.
milliseconds elapsed(milliseconds since, milliseconds now) {
  return std::max(now - since, milliseconds::zero());
}

}  // namespace

void Liveness::opened(milliseconds now) noexcept {
  received(now);
  is_timed_ = false;
}

void Liveness::received(milliseconds now) noexcept {
  heard_ = now;
  is_waiting_ = false;
  is_given_time_ = false;
}

void Liveness::pinged(milliseconds now) noexcept {
  heard_ = now;
  is_waiting_ = true;
  if (!is_timed_) timed_ = now;
  is_timed_ = true;
}

std::optional<milliseconds> Liveness::ponged(milliseconds now) noexcept {
  received(now);
  if (!is_timed_) return std::nullopt;
  is_timed_ = false;
  return elapsed(timed_, now);
}

Liveness::Verdict Liveness::check(milliseconds now) noexcept {
  if (!is_on() || next_check(now) > milliseconds::zero()) return Verdict::nothing;
  if (!is_waiting()) return Verdict::ping;

  const milliseconds late = elapsed(heard_, now) - deadline_;
  const bool was_asleep = late > longest_throttle;
  const bool may_have_been = late > tolerance && !is_given_time_;
  if (!was_asleep && !may_have_been) return Verdict::dead;
  is_given_time_ = true;
  is_timed_ = false;  // the measured time would include sleep
  return Verdict::ping;
}

milliseconds Liveness::next_check(milliseconds now) const noexcept {
  if (!is_on()) return milliseconds::max();
  const milliseconds wait = is_waiting() ? deadline_ : interval_;
  return std::max(wait - elapsed(heard_, now), milliseconds::zero());
}

}  // namespace hawser::detail
