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

class [[nodiscard]] Sleep : detail::Waiter {
 public:
  Sleep(std::chrono::milliseconds delay, std::stop_token stop) : delay_(delay), stop_(std::move(stop)), alarm_(*this) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    if (!wait(ring_, coroutine, {.stop = stop_})) return false;
    alarm_.start(delay_);
    return true;
  }
  std::expected<void, Error> await_resume() const {
    if (error) return std::unexpected(*error);
    return {};
  }

 private:
  struct Alarm : detail::Timer {
    explicit Alarm(Sleep& of) noexcept
        : Timer([](Timer& timer) {
            Sleep& sleeper = static_cast<Alarm&>(timer).sleep;
            if (!sleeper.error) sleeper.end();  // a stop request may have come just before
          }),
          sleep(of) {}
    Sleep& sleep;
  };

  std::chrono::milliseconds delay_;
  std::stop_token stop_;
  detail::Ring<detail::Waiter> ring_;
  Alarm alarm_;
};

/// Waits for `delay`, at least for one turn of the event loop: zero lets others run, as a long loop over messages
/// that are there already should. Browsers wait longer in pages that nobody sees (HTML §8.6). More than 24 days never
/// pass. Error: `cancelled`, by a stop request.
inline Sleep sleep_for(std::chrono::milliseconds delay, std::stop_token stop = {}) { return {delay, std::move(stop)}; }

}  // namespace hawser
