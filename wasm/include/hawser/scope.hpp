#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include <hawser/detail/job.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/task.hpp>
#include <hawser/wait.hpp>

namespace hawser {

namespace detail {

struct ScopeState;

/// The coroutine of one task in a scope. It destroys itself when the task ends.
struct ScopedTask {
  struct promise_type : Link, PartOfJob {  // NOLINT(readability-identifier-naming)
    /// Destroys the coroutine: at once, or later in the `Run` that resumed it.
    struct Final {
      JobState& state;
      bool await_ready() const noexcept { return state.running == 0; }
      void await_suspend(std::coroutine_handle<>) const noexcept { state.is_abandoned = true; }
      void await_resume() const noexcept {}
    };

    [[gnu::always_inline]] inline promise_type() noexcept
        : PartOfJob{&state}, state(resume_in_job) {}
    inline ~promise_type();
    ScopedTask get_return_object() noexcept {
      const auto created = std::coroutine_handle<promise_type>::from_promise(*this);
      state.root = created;
      return {created};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Final final_suspend() noexcept { return {state}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }

    JobState state;
    ScopeState* scope = nullptr;
  };

  std::coroutine_handle<promise_type> coroutine;
};

struct ScopeState {
  using Promise = ScopedTask::promise_type;

  ~ScopeState() { end_all(Error::destroyed); }

  void add(std::coroutine_handle<Promise> coroutine) {
    coroutine.promise().scope = this;
    coroutine.promise().join(tasks);
    ++size;
    resume(coroutine);
  }

  void removed() {
    if (--size == 0) end_joiners(joiners, std::nullopt);
  }

  /// Destroys the tasks, and ends the waits in `join` with `error`. The last task may own the
  /// scope, and so destroy this object.
  void end_all(std::optional<Error> error) {
    Ring<Promise> ending;
    for (; !tasks.empty(); tasks.front().join(ending)) tasks.front().scope = nullptr;
    size = 0;
    Ring<Waiter> waiting;
    while (!joiners.empty()) joiners.front().join(waiting);
    while (!ending.empty()) {
      Promise& promise = ending.front();
      promise.leave();
      promise.state.destroy();
    }
    end_joiners(waiting, error);
  }

  static void end_joiners(Ring<Waiter>& waiting, std::optional<Error> error) {
    while (!waiting.empty()) waiting.front().end(error);
  }

  Ring<Promise> tasks;
  Ring<Waiter> joiners;
  std::size_t size = 0;
  [[no_unique_address]] const OwnerThread owner;
};

inline ScopedTask::promise_type::~promise_type() {
  leave();
  if (scope) scope->removed();
}

struct ReleaseScope {
  void operator()(ScopeState* scope) const {
    if (scope->owner.is_this()) {
      delete scope;
    } else {
      scope->owner.post([](void* released) { delete static_cast<ScopeState*>(released); }, scope);
    }
  }
};

}  // namespace detail

/// The awaitable that `Scope::join` returns. Await it once, in the expression that creates it. You
/// don't need to name it.
class [[nodiscard]] ScopeJoin : detail::Waiter {
 public:
  explicit ScopeJoin(detail::ScopeState* scope) noexcept : scope_(scope) {}
  bool await_ready() noexcept {
    if (!scope_->owner.is_this()) error = Error::wrong_thread;
    return error || scope_->size == 0;
  }
  bool await_suspend(detail::Suspended coroutine) {
    set_coroutine(coroutine);
    return wait(scope_->joiners);
  }
  std::expected<void, Error> await_resume() const {
    if (error) return std::unexpected(*error);
    return {};
  }

 private:
  friend class detail::Limited<ScopeJoin>;

  detail::ScopeState* scope_;
};

/// Owns any number of concurrent tasks, and destroys them when it is destroyed.
///
///     class Room {
///      public:
///       void on_join(hawser::Connection guest) { guests_.spawn(serve(std::move(guest))); }
///
///      private:
///       hawser::Scope guests_;  // the last member, since the tasks use the others
///     };
///
/// Moving a scope does not move the objects that its tasks refer to. If tasks use the object that
/// contains the scope, don't move that object: keep it in a `std::unique_ptr`.
///
/// A task may destroy its own scope. It then runs until its next wait and ends there. It must not
/// do so if its last wait was for an operation of another library.
///
/// A scope belongs to the thread that created it. Another thread may destroy it: the tasks then end
/// on their own thread.
class Scope {
 public:
  /// Creates a scope without tasks.
  Scope() : state_(new detail::ScopeState) {}

  /// Moves the tasks to the new scope. The old one may only be destroyed or assigned to.
  Scope(Scope&&) noexcept = default;
  Scope& operator=(Scope&&) noexcept = default;

  /// Destroys the tasks where they wait.
  ///
  /// Coroutines waiting in `join` resume later, with `Error::destroyed`.
  ~Scope() = default;

  /// Starts `task`. It runs until it ends or the scope is destroyed.
  ///
  /// The task runs to its first wait at once, and then from the event loop. An exception that
  /// leaves it is reported as uncaught.
  ///
  /// Error: `wrong_thread`. The task is not started then.
  [[gnu::always_inline]] inline std::expected<void, Error> spawn(Task<void> task) {
    if (!state_->owner.is_this()) return std::unexpected(Error::wrong_thread);
    state_->add(detail::run_alone<detail::ScopedTask>(std::move(task)).coroutine);
    return {};
  }

  /// Waits until all tasks have ended, including tasks that are spawned during the wait.
  ///
  /// Don't await it in a task of the same scope: the task would wait for itself. After `cancel`,
  /// the wait ends without an error.
  ///
  /// Errors: `timed_out`, `cancelled`, `destroyed`, `wrong_thread`.
  ScopeJoin join() { return ScopeJoin(state_.get()); }
  detail::Limited<ScopeJoin> join(WaitOptions options) {
    return detail::Limited<ScopeJoin>(std::move(options), state_.get());
  }

  /// Destroys all tasks where they wait. The scope remains usable.
  ///
  /// Does nothing on another thread.
  void cancel() {
    if (!state_->owner.is_this()) return;
    state_->end_all(std::nullopt);
  }

  /// The number of tasks that have not ended. 0 on another thread.
  std::size_t size() const noexcept { return state_->owner.is_this() ? state_->size : 0; }

 private:
  std::unique_ptr<detail::ScopeState, detail::ReleaseScope> state_;
};

}  // namespace hawser
