#pragma once

#include <chrono>
#include <coroutine>
#include <optional>
#include <stop_token>

#include <hawser/detail/job.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/error.hpp>
#include <hawser/wait.hpp>

// The parts that all awaitables of hawser share. They work with coroutines of any type.

namespace hawser::detail {

/// Fires once, from a later turn of the event loop. Moments are milliseconds of a clock that never goes back.
class Timer : public Link {
 public:
  explicit Timer(void (*fire)(Timer&)) noexcept : fire_(fire) {}

  /// Cancels the shared browser timer if nothing else needs it, so that Node can exit.
  ~Timer() {
    if (is_in_ring()) stop();
  }

  /// Starts, or restarts if it runs already. A delay of more than 24 days never passes.
  void start(std::chrono::milliseconds delay);

  /// Starts a deadline for something that arrives as an event. A timer may fire before events that are queued already.
  /// So a deadline that is due waits once more: for a turn of the event loop, and if it is late because this thread was
  /// busy, for as long as it is late, up to `delay`.
  void start_deadline(std::chrono::milliseconds delay);

  /// Makes a deadline that is due wait once more. Returns whether it does; otherwise it should fire.
  bool defer(double now);

  /// Whether it was started in the current alarm event.
  bool is_new() const noexcept;

  void fire() { fire_(*this); }
  double due() const noexcept { return due_; }

 private:
  void stop() noexcept;

  void start_at(double due, double now);

  void (*fire_)(Timer&);
  double due_ = 0;
  std::chrono::milliseconds extension_{0};  // how much longer a late deadline may wait
  unsigned turn_ = 0;                       // the alarm event in which it was started
};

/// A coroutine that waits. It is in the ring of what it waits for, and once the wait has ended, in the ring of coroutines
/// to resume. Destroying it with the coroutine's frame is safe at any time.
class Waiter : public Link {
 public:
  /// `check` is called before a deadline ends the wait. It may end the wait with success instead.
  explicit Waiter(void (*check)(Waiter&) = nullptr) noexcept : check_(check) {}

  /// Starts to wait. Returns false if the wait is over at once, with `error` set.
  bool wait(Link& ring, Suspended coroutine, const WaitOptions& options) {
    set_coroutine(coroutine);
    return wait(ring, options);
  }

  /// The same in two steps, for waits whose second step is not inline: wasm passes a `Suspended` in memory, and to write
  /// two words there and read them as one is what a processor is slow at.
  void set_coroutine(Suspended coroutine) noexcept { coroutine_ = coroutine; }
  bool wait(Link& ring, const WaitOptions& options) {
    const bool is_limited = options.timeout != std::chrono::milliseconds::max() || options.stop.stop_possible();
    if (is_limited && !limit(options)) return false;
    join(ring);
    return true;
  }

  /// Ends the wait. The coroutine is resumed later, from the event loop, not inside this call.
  void end(std::optional<Error> error = std::nullopt);

  /// Ends the wait and resumes the coroutine now. Only a browser event may call this, after all bookkeeping, because the
  /// coroutine may destroy the object it waited on.
  void end_now() {
    lift_limits();
    leave();
    resume(coroutine_);
  }

  /// Why the wait failed, if it did.
  std::optional<Error> error;

 private:
  /// Ends a wait early: a deadline and a stop token.
  struct Limits : Timer {
    struct Cancel {
      Limits* limits;
      void operator()() const { limits->stop(); }
    };

    Limits(Waiter& of, const std::stop_token& token)
        : Timer([](Timer& timer) { static_cast<Limits&>(timer).waiter.expire(); }),
          waiter(of),
          cancel(token, Cancel{this}) {}

    /// On whatever thread the request was made.
    void stop() {
      if (owner.is_this()) return waiter.stop();
      call.post(owner, [](void* stopped) { static_cast<Waiter*>(stopped)->stop(); }, &waiter);
    }

    Waiter& waiter;
    [[no_unique_address]] OwnerThread owner;
    [[no_unique_address]] PostedCall call;
    std::stop_callback<Cancel> cancel;  // last: its destructor waits for a request that is being made
  };

  bool limit(const WaitOptions& options);

  /// Another thread may make the request while this is about to wait: then it does not begin to.
  void stop() {
    if (is_in_ring())
      end(Error::cancelled);
    else
      error = Error::cancelled;
  }

  void expire() {
    if (check_) check_(*this);
    if (limits_) end(Error::timed_out);
  }

  /// Does not cancel the browser's timer, which the next wait may need. `resume_ready` does.
  void lift_limits() {
    if (limits_) end_limits();
  }
  void end_limits();  // not inline, so that a wait without limits costs no call

  void (*check_)(Waiter&);
  Suspended coroutine_ = std::coroutine_handle<>();
  std::optional<Limits> limits_;
};

}  // namespace hawser::detail
