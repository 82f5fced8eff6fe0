#include <hawser/deadline.hpp>

#include <cmath>

#include <hawser/detail/longest_timer.hpp>

#include "../socket/seam.hpp"

namespace hawser {

using std::chrono::milliseconds;

Deadline::Deadline(milliseconds delay) noexcept
    : moment_(delay > detail::longest_timer
                  ? HUGE_VAL
                  : seam::hawser_now() + static_cast<double>(delay.count())) {}

milliseconds Deadline::left() const noexcept {
  if (moment_ == HUGE_VAL) return milliseconds::max();
  const double left = std::ceil(moment_ - seam::hawser_now());
  return milliseconds(left > 0 ? static_cast<milliseconds::rep>(left) : 0);
}

}  // namespace hawser
