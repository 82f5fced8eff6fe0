#pragma once

#include <chrono>
#include <coroutine>
#include <optional>
#include <stop_token>

#include <hawser/detail/ring.hpp>
#include <hawser/error.hpp>
#include <hawser/wait.hpp>

// What hawser's awaitables have in common. They know nothing of the coroutine that awaits them: any type will do.

namespace hawser::detail {

/// Fires once, from a later turn of the event loop. A moment is milliseconds of a clock that never goes back.
class Timer : public Link {
 public:
  explicit Timer(void (*fire)(Timer&)) noexcept : fire_(fire) {}

  /// One that runs takes the browser's timer along, if no other needs it: that would keep Node's process alive.
  ~Timer() {
    if (is_in_ring()) stop();
  }

  /// From the start, if it runs already. A delay of more than 24 days never passes.
  void start(std::chrono::milliseconds delay);

  /// The same for a wait for something that comes as an event. A timer may fire before events that are queued already,
  /// so this one lets another turn of the event loop pass; and if it is late, because this thread was busy, as much
  /// more time as it is late, but no more than `delay`.
  void start_deadline(std::chrono::milliseconds delay);

  /// Whether a deadline that is due starts once more, instead of firing.
  bool defer(double now);

  /// Whether it was started in this turn of the event loop's.
  bool is_new() const noexcept;

  void fire() { fire_(*this); }
  double due() const noexcept { return due_; }

 private:
  void stop() noexcept;

  void start_at(double due, double now);

  void (*fire_)(Timer&);
  double due_ = 0;
  std::chrono::milliseconds extension_{0};  // at most, of a deadline
  unsigned turn_ = 0;                       // in which it was started
};

/// A coroutine that waits: in the ring of what it waits for, or, once that has come, to be resumed. Destroying it,
/// with the coroutine's frame, is safe at any time.
class Waiter : public Link {
 public:
  /// `check` is called before a deadline ends the wait: it may end it with what was waited for.
  explicit Waiter(void (*check)(Waiter&) = nullptr) noexcept : check_(check) {}

  /// False if the wait is over at once, with `error`.
  bool wait(Link& ring, std::coroutine_handle<> coroutine, const WaitOptions& options) {
    const bool is_limited = options.timeout != std::chrono::milliseconds::max() || options.stop.stop_possible();
    if (is_limited && !limit(options)) return false;
    coroutine_ = coroutine;
    join(ring);
    return true;
  }

  /// Ends the wait; the coroutine is resumed later, from the event loop and not from inside this call.
  void end(std::optional<Error> error = std::nullopt);

  /// Ends the wait, and resumes the coroutine at once: from an event of the browser's only, and as the last thing that
  /// is done there, since the coroutine may destroy what it waited for.
  void end_now() {
    lift_limits();
    leave();
    coroutine_.resume();
  }

  /// Why the wait ended without what it was for.
  std::optional<Error> error;

 private:
  /// What ends a wait early.
  struct Limits : Timer {
    struct Cancel {
      Waiter* waiter;
      void operator()() const { waiter->end(Error::cancelled); }
    };

    Limits(Waiter& of, const std::stop_token& stop)
        : Timer([](Timer& timer) { static_cast<Limits&>(timer).waiter.expire(); }),
          waiter(of),
          cancel(stop, Cancel{&of}) {}

    Waiter& waiter;
    std::stop_callback<Cancel> cancel;
  };

  bool limit(const WaitOptions& options);

  void expire() {
    if (check_) check_(*this);
    if (limits_) end(Error::timed_out);
  }

  /// Leaves the browser's timer to `resume_ready`, since the next wait may need it again.
  void lift_limits() {
    if (!limits_) return;
    limits_->leave();
    limits_.reset();
  }

  void (*check_)(Waiter&);
  std::coroutine_handle<> coroutine_;
  std::optional<Limits> limits_;
};

}  // namespace hawser::detail
