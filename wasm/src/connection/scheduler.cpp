#include "scheduler.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <hawser/detail/longest_timer.hpp>

#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

constexpr double never = HUGE_VAL;

/// An alarm event runs for at most this many milliseconds and leaves the rest to the next one.
/// Otherwise, a thousand sessions that are due at the same time would keep the page from drawing.
constexpr double longest_turn = 8;

// One of each per thread.
constinit thread_local Ring<Timer>* timers = nullptr;  // sorted by due time
constinit thread_local Ring<Timer>* immediate =
    nullptr;  // without a delay, in the order in which they were started
constinit thread_local double alarm = never;
constinit thread_local unsigned turn = 1;  // counts alarm events

/// The rings of a thread are never freed: a destructor for them would be code in every program.
template <typename Member>
Ring<Member>& ring(Ring<Member>*& made) {
  if (!made) {
    made = new Ring<Member>;
    [[maybe_unused]] const OwnerThread ends_the_alarm;  // with this thread
  }
  return *made;
}

#ifdef HAWSER_PAGES

// In the module for pages, no coroutine ever waits.
constexpr bool is_ready() { return false; }
constexpr void resume_first() {}

#else

constinit thread_local Ring<Waiter>* ended = nullptr;

/// Whether any coroutine is ready to resume.
bool is_ready() { return ended && !ended->empty(); }
void resume_first() { ended->front().end_now(); }

#endif

/// The timer that is due first, or null.
Timer* next_timer() {
  Timer* const later = timers && !timers->empty() ? &timers->front() : nullptr;
  Timer* const first = immediate && !immediate->empty() ? &immediate->front() : nullptr;
  return !first || (later && later->due() <= first->due()) ? later : first;
}

/// Makes the alarm fire at `moment` or earlier.
void set_alarm(double moment, double now) {
  if (moment >= alarm) return;
  seam::hawser_set_alarm(std::max(std::ceil(moment - now), 0.0));
  alarm = moment;  // set last, because a page may replace setTimeout with one that throws
}

/// Makes the alarm fire for the next coroutine or timer. Cancels it if there is none, so that Node
/// can exit.
void set_alarm_for_next() {
  if (is_ready()) return set_alarm(0, 0);
  if (const Timer* const next = next_timer()) {
    return next->due() < alarm ? set_alarm(next->due(), seam::hawser_now()) : void();
  }
  if (std::exchange(alarm, never) != never) seam::hawser_clear_alarm();
}

}  // namespace

void Timer::start(milliseconds delay) {
  defer_ = nullptr;
  leave();
  if (delay > longest_timer) return;
  const double now = seam::hawser_now();
  start_at(now + static_cast<double>(delay.count()), now);
}

void Timer::start_deadline(milliseconds delay) {
  start(delay);
  defer_ = extend;
  extension_ = delay;
}

bool Timer::extend(Timer& timer, double now) {
  timer.defer_ = nullptr;
  const double most = static_cast<double>(timer.extension_.count());
  if (most > 0) timer.start_at(now + std::min(now - timer.due_, most), now);
  return most > 0;
}

bool Timer::is_new() const noexcept { return turn_ == turn; }

void Timer::start_at(double due, double now) {
  due_ = due;
  turn_ = turn;
  if (due == now) {
    join(ring(
        immediate));  // appends without a search, because a page event starts a timer for each session
  } else {
    Ring<Timer>& running = ring(timers);
    Link* after = &running;
    while (&after->previous() != &running && static_cast<Timer&>(after->previous()).due_ > due_) {
      after = &after->previous();
    }
    join(*after);
  }
  set_alarm(due_, now);
}

void Timer::stop() noexcept {
  leave();
  set_alarm_for_next();
}

#ifndef HAWSER_PAGES

bool WaitLimits::take_step(LimitSteps& steps, Step step) {
  auto& self = static_cast<WaitLimits&>(steps);
  switch (step) {
    case Step::check: return !self.options_.stop.stop_requested();
    case Step::start: return self.start_wait();
    case Step::lift: self.lift();
  }
  return true;
}

bool WaitLimits::start_wait() {
  if (options_.stop.stop_requested()) {
    waiter_.error = Error::cancelled;
  } else if (options_.timeout <= milliseconds::zero()) {
    waiter_.error = Error::timed_out;
  } else {
    is_waiting_ = true;
    if (options_.stop.stop_possible()) request_.emplace(*this);
    start_deadline(options_.timeout);
    if (waiter_.error) lift();
  }
  return !waiter_.error;
}

void WaitLimits::lift() {
  is_waiting_ = false;
  leave();
  request_.reset();
}

/// May run on any thread.
void WaitLimits::Request::stop() {
  if (owner.is_this()) return limits.stop();
  call.post(owner, [](void* stopped) { static_cast<WaitLimits*>(stopped)->stop(); }, &limits);
}

/// Another thread may request the stop just as the waiter is about to wait. In that case, the wait
/// doesn't begin.
void WaitLimits::stop() {
  if (waiter_.is_in_ring())
    waiter_.end(Error::cancelled);
  else
    waiter_.error = Error::cancelled;
}

void WaitLimits::expire(Timer& timer) {
  auto& self = static_cast<WaitLimits&>(timer);
  if (self.check_) self.check_(self.waiter_);
  if (self.is_waiting_) self.waiter_.end(Error::timed_out);
}

void Waiter::end(MaybeError why) {
  error = why;
  lift_limits();
  join(ring(ended));
  set_alarm(0, 0);
}

#endif

void resume_ready() {
  // A coroutine may end other waits. If it throws, this function does not return, and the alarm
  // resumes the rest.
  while (is_ready()) resume_first();
  release_alarm();
}

void reset_alarm() {
  alarm = never;
  set_alarm_for_next();
}

void release_alarm() {
  if (alarm != never) set_alarm_for_next();
}

}  // namespace hawser::detail

void hawser::seam::hawser_on_alarm() {
  using namespace hawser::detail;
  enter_event();
  alarm = never;
  ++turn;
  const double now = hawser_now();
  const auto is_long = [now] { return hawser_now() - now >= longest_turn; };
  // A timer that starts in this loop waits for the next alarm event.
  for (Timer* timer = next_timer(); timer && timer->due() <= now && !timer->is_new();
       timer = next_timer()) {
    timer->leave();
    set_alarm_for_next();  // before `fire`, which may throw
    if (!timer->defer(now)) timer->fire();
    if (is_long()) break;
  }
  if (is_ready()) set_alarm_for_next();
  while (is_ready()) {
    resume_first();
    if (is_long()) break;
  }
  set_alarm_for_next();
  end_event();
}
