#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

#include <hawser/detail/job.hpp>
#include <hawser/detail/maybe_error.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/error.hpp>
#include <hawser/wait.hpp>

// The parts that all awaitables of hawser share. They work with coroutines of any type.

namespace hawser::detail {

/// Fires once, from a later turn of the event loop. Times are milliseconds of a clock that never
/// goes back.
class Timer : public Link {
 public:
  explicit Timer(void (*fire)(Timer&)) noexcept : fire_(fire) {}

  /// Cancels the shared browser timer if nothing else needs it, so that Node can exit.
  ~Timer() {
    if (is_in_ring()) stop();
  }

  /// Starts the timer, or restarts it if it is running. A delay of more than 24 days never passes.
  void start(std::chrono::milliseconds delay);

  /// Starts a deadline for something that arrives as an event. A timer may fire before events that
  /// are already queued. So a deadline that is due waits once more, for a turn of the event loop.
  /// If it is late because this thread was busy, it waits for as long as it is late, up to `delay`.
  void start_deadline(std::chrono::milliseconds delay);

  /// Makes a due deadline wait once more. Returns false if it should fire instead.
  bool defer(double now) { return defer_ && defer_(*this, now); }

  /// Whether the timer was started in the current alarm event.
  bool is_new() const noexcept;

  void fire() { fire_(*this); }
  double due() const noexcept { return due_; }

 private:
  void stop() noexcept;

  void start_at(double due, double now);
  static bool extend(Timer& timer, double now);

  void (*fire_)(Timer&);
  bool (*defer_)(Timer&, double) =
      nullptr;  // set for deadlines that may wait once more. Only they link it.
  double due_ = 0;
  std::chrono::milliseconds extension_{0};  // how much longer a late deadline may wait
  unsigned turn_ = 0;                       // the alarm event that started it
};

/// The part of `WaitLimits` that a `Waiter` knows. Only a wait with a deadline or a stop token has
/// limits, so that other programs don't link them.
struct LimitSteps {
  enum class Step : std::uint8_t {
    check,  ///< Returns whether the wait may start: it may not if a stop was requested.
    start,  ///< Returns whether the wait may continue, and sets its error if not.
    lift,   ///< The wait is over.
  };

  explicit LimitSteps(bool (*by)(LimitSteps&, Step)) noexcept : take(by) {}
  LimitSteps(const LimitSteps&) = delete;
  LimitSteps& operator=(const LimitSteps&) = delete;

  bool (*const take)(LimitSteps&, Step);
};

/// A waiting coroutine. It is in the ring of the thing it waits for. Once the wait has ended, it is
/// in the ring of coroutines to resume. Destroying it with the coroutine's frame is safe at any
/// time.
class Waiter : public Link {
 public:
  /// Stores the coroutine, before a wait that starts in the library. This is a separate, inline
  /// step, because wasm passes a `Suspended` in memory. Processors are slow at writing two words
  /// there and reading them as one.
  void set_coroutine(Suspended coroutine) noexcept { coroutine_ = coroutine; }

  /// Whether an operation on `object` can start. Sets `error` if it cannot.
  template <typename Object>
  bool can_start(Object* object) {
    if (!object)
      error = Error::no_connection;
    else if (!mine(object))
      error = Error::wrong_thread;
    else
      return !is_cancelled();
    return false;
  }

  /// Whether a stop was requested before the wait. Sets `error` then.
  bool is_cancelled() {
    if (!limits_ || limits_->take(*limits_, LimitSteps::Step::check)) return false;
    error = Error::cancelled;
    return true;
  }

  /// Starts waiting. Returns false, with `error` set, if the wait is over at once.
  bool wait(Link& ring) {
    if (limits_ && !limits_->take(*limits_, LimitSteps::Step::start)) return false;
    join(ring);
    return true;
  }

  /// Ends the wait. The coroutine resumes later, from the event loop, not inside this call.
  void end(MaybeError why = {});

  /// Ends the wait and resumes the coroutine now. Call this only from a browser event, after all
  /// bookkeeping, because the coroutine may destroy the object it waited on.
  void end_now() {
    lift_limits();
    leave();
    resume(coroutine_);
  }

  /// Why the wait failed, if it did.
  MaybeError error;

 private:
  friend class WaitLimits;

  /// Does not cancel the browser's timer, which the next wait may need. `resume_ready` cancels it.
  void lift_limits() {
    if (limits_) limits_->take(*limits_, LimitSteps::Step::lift);
  }

  Suspended coroutine_ = std::coroutine_handle<>();
  LimitSteps* limits_ = nullptr;
};

/// Ends a wait early, by a deadline or a stop token.
class WaitLimits : LimitSteps, Timer {
 public:
  /// `check` is called before a deadline ends the wait. It may end the wait successfully instead.
  WaitLimits(Waiter& waiter, WaitOptions options, void (*check)(Waiter&) = nullptr) noexcept
      : LimitSteps(take_step),
        Timer(expire),
        waiter_(waiter),
        options_(std::move(options)),
        check_(check) {
    waiter.limits_ = this;
  }

  /// The waiter lives a little longer. The object that it waits for may still end the wait.
  ~WaitLimits() { waiter_.limits_ = nullptr; }

 private:
  /// Waits for a stop request.
  struct Request {
    struct Cancel {
      Request* request;
      void operator()() const { request->stop(); }
    };

    explicit Request(WaitLimits& of) : limits(of), callback(of.options_.stop, Cancel{this}) {}
    void stop();

    WaitLimits& limits;
    [[no_unique_address]] OwnerThread owner;
    [[no_unique_address]] PostedCall call;
    std::stop_callback<Cancel> callback;  // last: its destructor waits for a request in progress
  };

  static bool take_step(LimitSteps& steps, Step step);
  static void expire(Timer& timer);
  bool start_wait();
  void lift();
  void stop();

  Waiter& waiter_;
  WaitOptions options_;
  void (*check_)(Waiter&);
  bool is_waiting_ = false;
  std::optional<Request> request_;
};

/// An operation with a deadline, a stop token, or both.
template <typename Operation>
class [[nodiscard]] Limited : public Operation {
 public:
  template <typename... Arguments>
  explicit Limited(WaitOptions options, Arguments&&... arguments)
      : Operation(std::forward<Arguments>(arguments)...),
        limits_(*this, std::move(options), check_of<Operation>()) {}

 private:
  /// No event reports some results, so their operations check once more before the wait times out.
  template <typename Of>
  static constexpr auto check_of() noexcept -> void (*)(Waiter&) {
    if constexpr (requires { Of::check_room; })
      return Of::check_room;
    else
      return nullptr;
  }

  WaitLimits limits_;
};

}  // namespace hawser::detail
