#pragma once

#include <chrono>
#include <coroutine>
#include <optional>
#include <stop_token>

#include <hawser/error.hpp>

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

/// A member of at most one ring, which it leaves when it is destroyed.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { leave(); }

  bool is_in_ring() const noexcept { return next_ != this; }

  void leave() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }

  /// Goes before `other`; before the ring itself, that is at its end.
  void join(Link& other) noexcept {
    leave();
    previous_ = other.previous_;
    next_ = &other;
    previous_->next_ = other.previous_ = this;
  }

  Link& previous() const noexcept { return *previous_; }
  Link& next() const noexcept { return *next_; }

 private:
  Link* previous_ = this;
  Link* next_ = this;
};

/// What waits, the longest first.
template <typename Member>
class Ring : public Link {
 public:
  bool empty() const noexcept { return !is_in_ring(); }
  Member& front() const noexcept { return static_cast<Member&>(next()); }
  Member& back() const noexcept { return static_cast<Member&>(previous()); }
};

/// Fires once, from the event loop. A moment is milliseconds of a clock that never goes back.
class Timer : public Link {
 public:
  explicit Timer(void (*fire)(Timer&)) noexcept : fire_(fire) {}

  /// Anew, if it runs already. A delay of more than 24 days never passes.
  void start(std::chrono::milliseconds delay);
  void fire() { fire_(*this); }
  double due() const noexcept { return due_; }

 private:
  void (*fire_)(Timer&);
  double due_ = 0;
};

/// A coroutine that waits: in the ring of what it waits for, or, once that has come, to be resumed. Destroying it,
/// with the coroutine's frame, is safe at any time.
class Waiter : public Link {
 public:
  /// False if the wait is over at once, with `error`.
  bool wait(Link& ring, std::coroutine_handle<> coroutine, const WaitOptions& options);

  /// Ends the wait; the coroutine is resumed later, from the event loop and not from inside this call.
  void end(std::optional<Error> error = std::nullopt);

  /// Ends the wait, and resumes the coroutine at once: from an event of the browser's only, and as the last thing that
  /// is done there, since the coroutine may destroy what it waited for.
  void end_now();

  /// Why the wait ended without what it was for.
  std::optional<Error> error;

 private:
  friend void resume_what_waited();

  struct Deadline : Timer {
    explicit Deadline(Waiter& of) noexcept
        : Timer([](Timer& timer) { static_cast<Deadline&>(timer).waiter.end(Error::timeout); }), waiter(of) {}
    Waiter& waiter;
  };
  struct Cancel {
    Waiter* waiter;
    void operator()() const { waiter->end(Error::cancelled); }
  };

  std::coroutine_handle<> coroutine_;
  std::optional<std::stop_callback<Cancel>> cancel_;
  Deadline deadline_{*this};
};

}  // namespace detail

}  // namespace hawser
