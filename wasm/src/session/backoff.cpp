#include "backoff.hpp"

#include <algorithm>
#include <limits>

#include <hawser/detail/longest_timer.hpp>

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

double within_a_timer(milliseconds delay, double least) {
  return std::clamp(static_cast<double>(delay.count()), least,
                    static_cast<double>(longest_timer.count()));
}

}  // namespace

// Floating-point bounds can't overflow. Comparisons with NaN are false.
Backoff::Backoff(const BackoffOptions& options) noexcept
    : base_(within_a_timer(options.base, 1)),
      cap_(within_a_timer(options.cap, base_)),
      factor_(options.factor > 1 ? options.factor : 1),
      bound_(base_),
      jitter_(options.jitter) {}

milliseconds Backoff::next(double random) noexcept {
  const double chance = random < 1 ? std::max(random, 0.0) : 1;
  if (attempt_ < std::numeric_limits<std::uint32_t>::max()) ++attempt_;

  double delay = bound_;
  if (jitter_ == Jitter::decorrelated) {
    delay = bound_ = std::min(base_ + chance * (3 * bound_ - base_), cap_);
  } else {
    bound_ = std::min(bound_ * factor_, cap_);
  }
  if (jitter_ == Jitter::equal) delay = delay / 2 + chance * (delay / 2);
  if (jitter_ == Jitter::full) delay *= chance;
  return milliseconds(static_cast<milliseconds::rep>(delay));
}

void Backoff::reset() noexcept {
  reset_delay();
  attempt_ = 0;
}

void Backoff::reset_delay() noexcept { bound_ = base_; }

}  // namespace hawser::detail
