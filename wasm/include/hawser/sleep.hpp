#pragma once

#include <chrono>
#include <coroutine>
#include <expected>
#include <stop_token>
#include <utility>

#include <hawser/detail/ring.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>

namespace hawser {

/// The awaitable that `sleep_for` returns. Await it once, in the expression that creates it. You
/// don't need to name it.
class [[nodiscard]] Sleep : detail::Waiter {
 public:
  explicit Sleep(std::chrono::milliseconds delay) noexcept : delay_(delay), alarm_(*this) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(detail::Suspended coroutine) {
    set_coroutine(coroutine);
    if (!wait(ring_)) return false;
    alarm_.start(delay_);
    return true;
  }
  std::expected<void, Error> await_resume() const {
    if (error) return std::unexpected(*error);
    return {};
  }

 private:
  friend class detail::Limited<Sleep>;

  struct Alarm : detail::Timer {
    explicit Alarm(Sleep& of) noexcept
        : Timer([](Timer& timer) {
            Sleep& sleeper = static_cast<Alarm&>(timer).sleep;
            if (!sleeper.error) sleeper.end();  // unless cancelled in this turn
          }),
          sleep(of) {}
    Sleep& sleep;
  };

  std::chrono::milliseconds delay_;
  detail::Ring<detail::Waiter> ring_;
  Alarm alarm_;
};

/// Waits for `delay`, and for at least one turn of the event loop.
///
///     while (co_await hawser::sleep_for(1min, stop)) co_await connection.send("anything new?");
///
/// A delay of zero lets other events run: use it in a long loop over received messages. More than
/// 24 days means forever. Browsers delay timers in hidden pages
/// (https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers).
///
/// Error: `cancelled` after a request on `stop`.
inline Sleep sleep_for(std::chrono::milliseconds delay) { return Sleep(delay); }
inline detail::Limited<Sleep> sleep_for(std::chrono::milliseconds delay, std::stop_token stop) {
  return detail::Limited<Sleep>({.stop = std::move(stop)}, delay);
}

}  // namespace hawser
