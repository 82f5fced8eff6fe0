#pragma once

#include <coroutine>
#include <expected>
#include <utility>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/wait.hpp>

namespace hawser {

class Event;

class [[nodiscard]] EventWait : detail::Waiter {
 public:
  EventWait(Event& event, WaitOptions options) : event_(event), options_(std::move(options)) {}
  bool await_ready() const noexcept;
  bool await_suspend(std::coroutine_handle<> coroutine);
  std::expected<void, Error> await_resume() const {
    if (error) return std::unexpected(*error);
    return {};
  }

 private:
  Event& event_;
  WaitOptions options_;
};

/// A state that coroutines wait for: "the login is done", "the level is loaded".
///
///     hawser::Event loaded;
///     co_await loaded.wait({.timeout = 30s});  // in any number of coroutines
///     loaded.set();                            // they continue, from the event loop
///
/// It belongs to the thread that made it. `set` in a handler is safe: no coroutine continues inside of the call.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Coroutines that wait continue later, with `Error::destroyed`.
  ~Event() { end_all(Error::destroyed); }

  /// Whoever waits continues, and from now on no one waits.
  void set() {
    is_set_ = true;
    end_all(std::nullopt);
  }

  /// From now on `wait` waits again.
  void reset() noexcept { is_set_ = false; }

  bool is_set() const noexcept { return is_set_; }

  /// Waits until the event is set; not at all if it is. Errors: `timed_out`, `cancelled`, `destroyed`.
  EventWait wait(WaitOptions options = {}) { return {*this, std::move(options)}; }

 private:
  friend class EventWait;

  void end_all(std::optional<Error> error) {
    while (!waiting_.empty()) waiting_.front().end(error);
  }

  detail::Ring<detail::Waiter> waiting_;
  bool is_set_ = false;
};

inline bool EventWait::await_ready() const noexcept { return event_.is_set(); }

inline bool EventWait::await_suspend(std::coroutine_handle<> coroutine) {
  return wait(event_.waiting_, coroutine, options_);
}

}  // namespace hawser
