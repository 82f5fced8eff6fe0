#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <hawser/detail/awaitable.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/retirable.hpp>
#include <hawser/detail/run.hpp>
#include <hawser/detail/waiter.hpp>

// A coroutine type for those who have none. hawser's operations can be awaited from any other as well.

namespace hawser {

template <typename Result>
class Task;

namespace detail {

// A library that was built without exceptions may give its tasks to a program with them, and the other way around. So the
// layout is the same in both; what differs is inlined, and no linker takes one form of it for the other.

/// What a task let out, for code with exceptions.
struct Thrown;

template <typename Type>
inline constexpr bool is_a_task = false;
template <typename Result>
inline constexpr bool is_a_task<Task<Result>> = true;

/// What all tasks have, whatever they give.
struct TaskPromise {
  std::suspend_always initial_suspend() const noexcept { return {}; }

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> task) const noexcept {
      const TaskPromise& promise = task.promise();
      return promise.is_starting ? std::noop_coroutine() : promise.continuation;
    }
    void await_resume() const noexcept {}
  };
  Final final_suspend() const noexcept { return {}; }

#ifdef __clang__  // GCC 12 copies what await_transform returns
  /// Takes what can be awaited unchanged, and names the mistake in anything else.
  template <MayBeAwaited Operand>
  static Operand&& await_transform(Operand&& operand) noexcept {
    return static_cast<Operand&&>(operand);
  }
  template <typename Operand>
    requires(!MayBeAwaited<Operand>)
  static std::suspend_never await_transform(Operand&&) noexcept {
    constexpr bool is_task = is_a_task<std::remove_cvref_t<Operand>>;
    static_assert(!is_task, "A task is awaited once, which consumes it: co_await std::move(task)");
    static_assert(
        is_task,
        "This cannot be awaited. co_await takes an operation, as connection.receive() returns one, a Task, or "
        "another awaitable");
    return {};
  }
#endif

  [[gnu::always_inline]] inline void unhandled_exception() noexcept;

  RetirablePointer exception;  // a Thrown
  std::coroutine_handle<> continuation;

  /// While the coroutine that awaits the task starts it. If the task ends there, that one continues by itself, without
  /// being resumed: WebAssembly has no tail calls by default, so that a loop over such tasks would fill the stack.
  bool is_starting = false;

  std::optional<OwnerThread> owner;  // once it is started
};

#ifdef __cpp_exceptions
struct Thrown : Retirable {
  explicit Thrown(std::exception_ptr what) noexcept : Retirable(destroy_as<Thrown>), pointer(std::move(what)) {}
  std::exception_ptr pointer;
};

inline void TaskPromise::unhandled_exception() noexcept { exception.reset(new Thrown(std::current_exception())); }
#else
inline void TaskPromise::unhandled_exception() noexcept { std::terminate(); }
#endif

/// Throws a `Thrown`, if there is one. A program that cannot catch it ends.
[[gnu::always_inline]] inline void rethrow(const RetirablePointer& exception) {
#ifdef __cpp_exceptions
  if (exception) std::rethrow_exception(static_cast<Thrown&>(*exception).pointer);
#else
  if (exception) std::terminate();
#endif
}

/// Destroys a coroutine on the thread that it runs on, since it may wait there.
inline void destroy_on(const OwnerThread& owner, std::coroutine_handle<> coroutine) {
  if (owner.is_this()) return Run::destroy(coroutine);
  owner.post([](void* address) { Run::destroy(std::coroutine_handle<>::from_address(address)); }, coroutine.address());
}

template <typename Result>
struct PromiseOf : TaskPromise {
  Task<Result> get_return_object() noexcept;
  template <typename Value = Result>
  void return_value(Value&& value) {
    result.emplace(std::forward<Value>(value));
  }
  [[gnu::always_inline]] Result take() {
    rethrow(exception);
    return std::move(*result);  // NOLINT(bugprone-unchecked-optional-access): the coroutine has returned one
  }
  std::optional<Result> result;
};

template <>
struct PromiseOf<void> : TaskPromise {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  [[gnu::always_inline]] void take() const { rethrow(exception); }
};

}  // namespace detail

/// A coroutine that begins when it is awaited, and gives a `Result`, or throws what it let out. It is awaited once, which
/// consumes it: `co_await feed(url)`, or `co_await std::move(task)`. Destroying a task destroys its coroutine, wherever
/// that waits.
template <typename Result = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::PromiseOf<Result>;  // NOLINT(readability-identifier-naming): the language's name

  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Task& operator=(Task other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) detail::destroy_on(coroutine_.promise().owner.value_or(detail::OwnerThread()), coroutine_);
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      Task task;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> continuation) {
        if (!task.coroutine_) std::terminate();  // it was awaited, or moved from
        detail::TaskPromise& promise = task.coroutine_.promise();
        promise.continuation = continuation;
        promise.owner.emplace();
        promise.is_starting = true;
        task.coroutine_.resume();
        promise.is_starting = false;
        return !task.coroutine_.done();
      }
      [[gnu::always_inline]] Result await_resume() { return task.coroutine_.promise().take(); }
    };
    return Awaiter{std::move(*this)};
  }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

template <typename Result>
Task<Result> detail::PromiseOf<Result>::get_return_object() noexcept {
  return Task<Result>(std::coroutine_handle<PromiseOf>::from_promise(*this));
}

inline Task<void> detail::PromiseOf<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<PromiseOf>::from_promise(*this));
}

namespace detail {

/// A coroutine that nobody waits for.
struct Spawned {
  struct promise_type {  // NOLINT(readability-identifier-naming)
    Spawned get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

#ifdef __cpp_exceptions
inline namespace with_exceptions {

/// Throws the exception from the event loop, so that the platform reports it as it does any that nobody caught.
inline void report(std::exception_ptr exception) {
  struct Report : Timer {
    explicit Report(std::exception_ptr thrown)
        : Timer([](Timer& timer) {
            const std::unique_ptr<Report> report(static_cast<Report*>(&timer));
            std::rethrow_exception(report->exception);
          }),
          exception(std::move(thrown)) {}
    std::exception_ptr exception;
  };
  (new Report(std::move(exception)))->start(std::chrono::milliseconds::zero());
}

template <typename Coroutine>
Coroutine run_alone(Task<void> task) {
  std::exception_ptr exception;
  try {
    co_await std::move(task);
  } catch (...) {
    exception = std::current_exception();
  }
  if (exception) report(exception);
}

}  // namespace with_exceptions
#else
inline namespace without_exceptions {

template <typename Coroutine>
Coroutine run_alone(Task<void> task) {
  co_await std::move(task);
}

}  // namespace without_exceptions
#endif

}  // namespace detail

/// Runs `task` on its own: now up to its first wait, and on from the event loop. An exception that it lets out is
/// reported as the platform reports one that nobody caught.
[[gnu::always_inline]] inline void spawn(Task<void> task) {
  const detail::Run run(nullptr);  // nobody can destroy it, and it is no part of the task that spawns it
  detail::run_alone<detail::Spawned>(std::move(task));
}

/// A task that runs on its own until it is over, or until this is destroyed: then its coroutine is, wherever it waits,
/// with all the tasks that it awaits.
///
///     hawser::Job job = hawser::start(feed(url));  // a member of what the feed is for
class [[nodiscard]] Job {
 public:
  struct promise_type {  // NOLINT(readability-identifier-naming)
    Job get_return_object() noexcept { return Job(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
    [[no_unique_address]] detail::OwnerThread owner;
  };

  /// Stands for a task that is over.
  Job() noexcept = default;
  Job(Job&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Job& operator=(Job other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Job() {
    if (coroutine_) detail::destroy_on(coroutine_.promise().owner, coroutine_);
  }

  bool is_over() const noexcept { return !coroutine_ || coroutine_.done(); }

 private:
  friend Job start(Task<void> task);

  /// Runs it to its first wait.
  Job begin() && {
    const auto coroutine = std::exchange(coroutine_, nullptr);
    const detail::Run run(coroutine.address());
    coroutine.resume();
    return Job(coroutine);
  }

  explicit Job(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

/// Runs `task` as `spawn` does, for as long as the job lives.
///
/// A task may destroy its own job: it runs on to its next wait, and ends there. (hawser knows that it runs if the last
/// thing that the task waited for was one of hawser's operations.) Another thread may destroy the job, too: the coroutine
/// is then destroyed on the thread that started it.
[[gnu::always_inline]] inline Job start(Task<void> task) { return detail::run_alone<Job>(std::move(task)).begin(); }

}  // namespace hawser
