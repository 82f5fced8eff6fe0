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

/// The awaitable that `Event::wait` returns. Await it once, in the expression that creates it. You
/// don't need to name it.
class [[nodiscard]] EventWait : detail::Waiter {
 public:
  explicit EventWait(Event& event) noexcept : event_(event) {}
  bool await_ready() const noexcept;
  bool await_suspend(detail::Suspended coroutine);
  std::expected<void, Error> await_resume() const {
    if (error) return std::unexpected(*error);
    return {};
  }

 private:
  friend class detail::Limited<EventWait>;

  Event& event_;
};

/// A condition that coroutines wait for, such as "logged in" or "level loaded".
///
///     hawser::Event loaded;
///     co_await loaded.wait({.timeout = 30s});  // in any number of coroutines
///     loaded.set();                            // resumes them, from the event loop
///
/// An event belongs to the thread that created it. You may call `set` in a handler: no coroutine
/// resumes inside the call.
class Event {
 public:
  /// Creates an event that is not set.
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Waiting coroutines resume later, with `Error::destroyed`.
  ~Event() { end_all(Error::destroyed); }

  /// Sets the event. All coroutines in `wait` resume, and later waits return at once.
  void set() {
    is_set_ = true;
    end_all(std::nullopt);
  }

  /// Resets the event. Later waits wait for the next `set`.
  void reset() noexcept { is_set_ = false; }

  /// Whether the event is set.
  bool is_set() const noexcept { return is_set_; }

  /// Waits until the event is set. Returns at once if it is.
  ///
  /// Errors: `timed_out`, `cancelled`, `destroyed`.
  EventWait wait() { return EventWait(*this); }
  detail::Limited<EventWait> wait(WaitOptions options) {
    return detail::Limited<EventWait>(std::move(options), *this);
  }

 private:
  friend class EventWait;

  void end_all(std::optional<Error> error) {
    while (!waiting_.empty()) waiting_.front().end(error);
  }

  detail::Ring<detail::Waiter> waiting_;
  bool is_set_ = false;
};

inline bool EventWait::await_ready() const noexcept { return event_.is_set(); }

inline bool EventWait::await_suspend(detail::Suspended coroutine) {
  set_coroutine(coroutine);
  return wait(event_.waiting_);
}

}  // namespace hawser
