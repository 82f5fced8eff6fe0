#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/detail/run.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/task.hpp>
#include <hawser/wait.hpp>

namespace hawser {

namespace detail {

struct ScopeState;

/// The coroutine of one task in a scope. It destroys itself when the task is over.
struct ScopedTask {
  struct promise_type : Link {  // NOLINT(readability-identifier-naming)
    struct Final {
      bool is_abandoned;  // it ran when its scope ended, so that its `Run` destroys it
      bool await_ready() const noexcept { return !is_abandoned; }
      void await_suspend(std::coroutine_handle<>) const noexcept {}
      void await_resume() const noexcept {}
    };

    promise_type() = default;
    inline ~promise_type();
    ScopedTask get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Final final_suspend() const noexcept { return {scope == nullptr}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }

    ScopeState* scope = nullptr;
  };

  std::coroutine_handle<promise_type> coroutine;
};

struct ScopeState {
  using Promise = ScopedTask::promise_type;

  ~ScopeState() {
    end_joiners(Error::destroyed);
    destroy_tasks();
  }

  void add(std::coroutine_handle<Promise> coroutine) {
    coroutine.promise().scope = this;
    coroutine.promise().join(tasks);
    ++size;
    const Run run(coroutine.address());
    coroutine.resume();
  }

  void removed() {
    if (--size == 0) end_joiners(std::nullopt);
  }

  void destroy_tasks() {
    while (!tasks.empty()) {
      Promise& promise = tasks.front();
      promise.leave();
      promise.scope = nullptr;
      --size;
      Run::destroy(std::coroutine_handle<Promise>::from_promise(promise));
    }
  }

  void end_joiners(std::optional<Error> error) {
    while (!joiners.empty()) joiners.front().end(error);
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

class [[nodiscard]] ScopeJoin : detail::Waiter {
 public:
  ScopeJoin(detail::ScopeState* scope, WaitOptions options) : scope_(scope), options_(std::move(options)) {}
  bool await_ready() noexcept {
    if (!scope_->owner.is_this()) error = Error::wrong_thread;
    return error || scope_->size == 0;
  }
  bool await_suspend(std::coroutine_handle<> coroutine) { return wait(scope_->joiners, coroutine, options_); }
  std::expected<void, Error> await_resume() const {
    if (error) return std::unexpected(*error);
    return {};
  }

 private:
  detail::ScopeState* scope_;
  WaitOptions options_;
};

/// Owns tasks that run beside each other, any number of them, and ends them when it is destroyed.
///
///     class Room {
///       void on_join(hawser::Connection guest) { guests_.spawn(serve(std::move(guest))); }
///       hawser::Scope guests_;  // after what the tasks use
///     };
///
/// A task may destroy its own scope: it runs on to its next wait, and ends there. It belongs to the thread that made it;
/// another thread may destroy it, which ends the tasks on their own thread.
class Scope {
 public:
  Scope() : state_(new detail::ScopeState) {}

  /// Moving takes the tasks along. What was moved from can only be destroyed or assigned to.
  Scope(Scope&&) noexcept = default;
  Scope& operator=(Scope&&) noexcept = default;

  /// Destroys the tasks where they wait. Whoever waits in `join` continues later, with `Error::destroyed`.
  ~Scope() = default;

  /// Runs `task` as `hawser::spawn` does, for as long as the scope lives. What it throws is reported. Error:
  /// `wrong_thread`; the task has not begun then.
  [[gnu::always_inline]] inline std::expected<void, Error> spawn(Task<void> task) {
    if (!state_->owner.is_this()) return std::unexpected(Error::wrong_thread);
    state_->add(detail::run_alone<detail::ScopedTask>(std::move(task)).coroutine);
    return {};
  }

  /// Waits until no task is left: those that are spawned meanwhile included. Errors: `timed_out`, `cancelled`,
  /// `destroyed`, `wrong_thread`.
  ScopeJoin join(WaitOptions options = {}) { return {state_.get(), std::move(options)}; }

  /// Destroys all tasks where they wait. The scope can be used again. Does nothing on another thread.
  void cancel() {
    if (!state_->owner.is_this()) return;
    state_->destroy_tasks();
    state_->end_joiners(std::nullopt);
  }

  /// How many tasks have not ended.
  std::size_t size() const noexcept { return state_->owner.is_this() ? state_->size : 0; }

 private:
  std::unique_ptr<detail::ScopeState, detail::ReleaseScope> state_;
};

}  // namespace hawser
