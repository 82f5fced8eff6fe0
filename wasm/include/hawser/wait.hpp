#pragma once

#include <chrono>
#include <coroutine>
#include <optional>
#include <stop_token>

#include <hawser/error.hpp>
#include <hawser/ring.hpp>

#if defined(__EMSCRIPTEN_WASM_WORKERS__) && !defined(__EMSCRIPTEN_PTHREADS__)
#error "hawser needs -pthread beside -sWASM_WORKERS: std::stop_token cannot be linked without"
#endif

// What hawser's awaitables have in common. They know nothing of the coroutine that awaits them: any type will do.

namespace hawser {

/// How long an operation waits.
struct WaitOptions {
  /// Ends the wait with `Error::timeout`. Zero takes only what is there already; more than 24 days are no deadline.
  std::chrono::milliseconds timeout = std::chrono::milliseconds::max();

  /// A stop request ends the wait with `Error::cancelled`. To be made on the thread that waits.
  std::stop_token stop = {};
};

namespace detail {

/// Fires once, from the event loop. A moment is milliseconds of a clock that never goes back.
class Timer : public Link {
 public:
  explicit Timer(void (*fire)(Timer&)) noexcept : fire_(fire) {}

  /// One that runs takes the browser's timer along, if no other needs it: that would keep Node's process alive.
  ~Timer() {
    if (is_in_ring()) stop();
  }

  /// Anew, if it runs already. A delay of more than 24 days never passes.
  void start(std::chrono::milliseconds delay);
  void fire() { fire_(*this); }
  double due() const noexcept { return due_; }

 private:
  void stop() noexcept;

  void (*fire_)(Timer&);
  double due_ = 0;
};

/// A coroutine that waits: in the ring of what it waits for, or, once that has come, to be resumed. Destroying it,
/// with the coroutine's frame, is safe at any time.
class Waiter : public Link {
 public:
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
        : Timer([](Timer& timer) { static_cast<Limits&>(timer).waiter.end(Error::timeout); }),
          waiter(of),
          cancel(stop, Cancel{&of}) {}

    Waiter& waiter;
    std::stop_callback<Cancel> cancel;
  };

  bool limit(const WaitOptions& options);

  /// Leaves the browser's timer to `resume_what_waited`, since the next wait may need it again.
  void lift_limits() {
    if (!limits_) return;
    limits_->leave();
    limits_.reset();
  }

  std::coroutine_handle<> coroutine_;
  std::optional<Limits> limits_;
};

}  // namespace detail

}  // namespace hawser
