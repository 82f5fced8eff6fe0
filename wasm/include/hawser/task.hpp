#pragma once

#include <chrono>
#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <hawser/detail/awaitable.hpp>
#include <hawser/detail/awaited_task.hpp>
#include <hawser/detail/job.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/promise_wait.hpp>
#include <hawser/detail/retirable.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/handler.hpp>
#include <hawser/javascript_error.hpp>

// A coroutine type for programs that have none. hawser's operations also work with any other.

namespace hawser {

template <typename Result>
class Task;

namespace detail {

// Code with exceptions and code without may be linked into one program, and share tasks. So the
// layout of these types is the same in both. The parts that differ are always inlined, so that the
// linker can't mix them up.

/// The exception that left a task, for code with exceptions.
struct Thrown;

/// The promise of a task, without its result.
struct TaskPromise : PartOfJob {
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
  /// Returns what to await: for a JavaScript promise, hawser's own awaitable. An operand that can't
  /// be awaited does not compile, and the compiler names the mistake.
  template <MayBeAwaited Operand>
  static decltype(auto) await_transform(Operand&& operand) noexcept {
    return awaited(static_cast<Operand&&>(operand));
  }
  template <typename Operand>
    requires(!MayBeAwaited<Operand>)
  static std::suspend_never await_transform(Operand&&) noexcept {
    constexpr bool is_task = is_a_task<std::remove_cvref_t<Operand>>;
    static_assert(!is_task, "A task is awaited once, which consumes it: co_await std::move(task)");
    static_assert(is_task,
                  "This cannot be awaited. co_await takes an operation, as connection.receive() "
                  "returns one, a Task, or "
                  "another awaitable");
    return {};
  }
#endif

  [[gnu::always_inline]] inline void unhandled_exception() noexcept;

  RetirablePointer exception;  // a Thrown
  std::coroutine_handle<> continuation;

  /// True while the awaiting coroutine runs the task to its first wait.
  ///
  /// If the task ends in that time, the awaiting coroutine continues without being suspended.
  /// Resuming it instead would fill the stack in a loop over such tasks, because WebAssembly has no
  /// tail calls by default.
  bool is_starting = false;

  std::optional<OwnerThread> owner;  // empty before the start
};

#ifdef __cpp_exceptions
struct Thrown : Retirable {
  explicit Thrown(std::exception_ptr what) noexcept
      : Retirable(destroy_as<Thrown>), pointer(std::move(what)) {}
  std::exception_ptr pointer;
};

inline void TaskPromise::unhandled_exception() noexcept {
  exception.reset(new Thrown(std::current_exception()));
}
#else
inline void TaskPromise::unhandled_exception() noexcept { std::terminate(); }
#endif

/// Rethrows a `Thrown`, if there is one. Without exceptions, terminates the program.
[[gnu::always_inline]] inline void rethrow(const RetirablePointer& exception) {
#ifdef __cpp_exceptions
  if (exception) std::rethrow_exception(static_cast<Thrown&>(*exception).pointer);
#else
  if (exception) std::terminate();
#endif
}

/// Destroys a coroutine on its own thread, where it may be waiting.
inline void destroy_on(const OwnerThread& owner, std::coroutine_handle<> coroutine) {
  if (owner.is_this()) return coroutine.destroy();
  owner.post([](void* address) { std::coroutine_handle<>::from_address(address).destroy(); },
             coroutine.address());
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
    return std::move(*result);  // NOLINT(bugprone-unchecked-optional-access): it has returned
  }
  std::optional<Result> result;
};

template <>
struct PromiseOf<void> : TaskPromise {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  [[gnu::always_inline]] void take() const { rethrow(exception); }
};

// Two names, because the layouts differ.
#ifdef __WASM_EXCEPTIONS__
inline namespace with_wasm_exceptions {
#else
inline namespace without_wasm_exceptions {
#endif

template <typename Result>
struct TaskAwaiter {
  Task<Result> task;
  std::coroutine_handle<PromiseOf<Result>> coroutine;
#ifdef __WASM_EXCEPTIONS__
  AwaitedTask awaited = {};
#endif

  bool await_ready() const noexcept { return false; }
  bool await_suspend(Suspended continuation) {
    if (!coroutine) std::terminate();  // awaited before, or moved from
    TaskPromise& promise = coroutine.promise();
    promise.continuation = continuation.coroutine;
    promise.job = continuation.job;
    promise.owner.emplace();
    promise.is_starting = true;
#ifdef __WASM_EXCEPTIONS__
    awaited.start(coroutine);
#else
    coroutine.resume();
#endif
    promise.is_starting = false;
    if (coroutine.done()) return false;
#ifdef __WASM_EXCEPTIONS__
    awaited.watch(coroutine, continuation);
#endif
    return true;
  }
  [[gnu::always_inline]] inline Result await_resume() {
#ifdef __WASM_EXCEPTIONS__
    if (const auto& exception = awaited.resumed()) throw JavaScriptError(exception);
#endif
    return coroutine.promise().take();
  }
};

}  // namespace with_wasm_exceptions or without

}  // namespace detail

/// A coroutine that starts when it is awaited, and returns a `Result` or throws.
///
///     hawser::Task<int> count(hawser::Connection& connection) {
///       int messages = 0;
///       while (co_await connection.receive()) ++messages;
///       co_return messages;
///     }
///
/// Await a task once, which consumes it: as `co_await count(connection)`, or as
/// `co_await std::move(task)` if it has a name. An exception that leaves the task is thrown there.
/// From other code, start a task with `spawn`, `start` or a `Scope`.
///
/// Arguments that a task takes by reference or as a view must outlive the task. So must a lambda
/// with captures, if it is the coroutine. In a task that you pass to `spawn` or `start`, take a
/// `std::string` by value.
///
/// A task is move-only. Destroying it destroys its coroutine, wherever that waits. If another
/// thread destroys the task, its coroutine is destroyed on the thread that started it.
template <typename Result = void>
class [[nodiscard]] Task {
 public:
  /// Makes it a coroutine type. Used by the compiler.
  using promise_type = detail::PromiseOf<Result>;  // NOLINT(readability-identifier-naming)

  /// Takes over the coroutine. Assigning to a task destroys its own coroutine.
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Task& operator=(Task other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }

  /// Destroys the coroutine, unless the task was awaited or moved from.
  ~Task() {
    if (coroutine_)
      detail::destroy_on(coroutine_.promise().owner.value_or(detail::OwnerThread()), coroutine_);
  }

  /// Starts the coroutine, and waits for its result.
  ///
  /// Terminates the program if the task was moved from or awaited before.
  [[gnu::always_inline]] inline auto operator co_await() && noexcept {
    const auto coroutine = coroutine_;
    return detail::TaskAwaiter<Result>{std::move(*this), coroutine};
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

/// A coroutine that runs on its own.
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
#ifdef __WASM_EXCEPTIONS__  // Emscripten's default defines __cpp_exceptions, too, but catches nothing
inline namespace with_wasm_exceptions {
#else
inline namespace with_exceptions {
#endif

/// Throws an exception that no coroutine has caught. A JavaScript exception is thrown as the
/// original.
[[noreturn]] inline void throw_to_platform(const std::exception_ptr& exception) {
#ifdef __EMSCRIPTEN__
  std::optional<JavaScriptError> of_javascript;
  try {
    std::rethrow_exception(exception);
  } catch (const JavaScriptError& error) {
    of_javascript = error;
  }
  of_javascript->throw_original();
#else
  std::rethrow_exception(exception);
#endif
}

/// Throws the exception from the event loop, so that the platform reports it as uncaught.
inline void report(std::exception_ptr exception) {
  struct Report : Timer {
    explicit Report(std::exception_ptr thrown)
        : Timer([](Timer& timer) {
            const std::unique_ptr<Report> report(static_cast<Report*>(&timer));
            throw_to_platform(report->exception);
          }),
          exception(std::move(thrown)) {}
    std::exception_ptr exception;
  };
  (new Report(std::move(exception)))->start(std::chrono::milliseconds::zero());
}

/// Runs a task to its end in a coroutine of another type, and reports an exception that leaves it.
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

}  // namespace with_exceptions or with_wasm_exceptions
#else
inline namespace without_exceptions {

template <typename Coroutine>
Coroutine run_alone(Task<void> task) {
  co_await std::move(task);
}

}  // namespace without_exceptions
#endif

}  // namespace detail

/// Runs `task` on its own until it ends.
///
///     hawser::spawn(feed("wss://example.org/feed"));
///
/// The task runs to its first wait at once, and then from the event loop. To end it early, use a
/// stop token, or use `start` or a `Scope` instead. The platform reports an exception that leaves
/// the task as uncaught.
[[gnu::always_inline]] inline void spawn(Task<void> task) {
  detail::run_alone<detail::Spawned>(std::move(task));
}

/// Owns a task that runs on its own. Destroying the job ends the task.
///
///     hawser::Job job = hawser::start(feed(url));  // often a member, after what the task uses
///
/// The task's coroutine is destroyed where it waits, together with all tasks that it awaits. A job
/// is move-only.
class [[nodiscard]] Job {
 public:
  /// Makes it a coroutine type. Used by the compiler.
  struct promise_type : detail::PartOfJob {  // NOLINT(readability-identifier-naming)
    [[gnu::always_inline]] inline promise_type() noexcept
        : detail::PartOfJob{&state}, state(detail::resume_in_job) {}
    Job get_return_object() noexcept {
      const auto coroutine = std::coroutine_handle<promise_type>::from_promise(*this);
      state.root = coroutine;
      return Job(coroutine);
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
    detail::JobState state;
    [[no_unique_address]] detail::OwnerThread owner;
  };

  /// Creates a job without a task, as if its task had ended.
  Job() noexcept = default;

  /// Takes over the task. Assigning to a job ends its own task.
  Job(Job&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Job& operator=(Job other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }

  /// Ends the task where it waits, unless it has ended.
  ~Job() {
    if (!coroutine_) return;
    auto& promise = coroutine_.promise();
    if (promise.owner.is_this())
      promise.state.destroy();
    else
      promise.owner.post([](void* state) { static_cast<detail::JobState*>(state)->destroy(); },
                         &promise.state);
  }

  /// Whether the task has ended.
  bool is_over() const noexcept { return !coroutine_ || coroutine_.done(); }

 private:
  friend Job start(Task<void> task);

  /// Runs the task to its first wait.
  Job begin() && {
    const auto coroutine = std::exchange(coroutine_, nullptr);
    detail::resume(coroutine);
    return Job(coroutine);
  }

  explicit Job(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

/// Starts `task`. It runs until it ends or the returned job is destroyed.
///
/// The task runs to its first wait at once, and then from the event loop. An exception that leaves
/// it is reported as uncaught.
///
/// A task may destroy its own job. It then runs until its next wait and ends there. It must not do
/// so if its last wait was for an operation of another library. If another thread destroys the job,
/// the coroutine is destroyed on the thread that started it.
[[gnu::always_inline]] inline Job start(Task<void> task) {
  return detail::run_alone<Job>(std::move(task)).begin();
}

namespace detail {

/// Arguments that are easily mistaken for a task: an operation, a task with a result, a coroutine
/// that was not called. It matches nothing else, because a program may have functions of its own
/// with the names below.
template <typename T>
concept IsTakenForTask =
    !std::convertible_to<T, Task<void>> && (MayBeAwaited<T> || std::invocable<T>);

template <typename T>
constexpr void refuse_to_start() {
  static_assert(std::convertible_to<T, Task<void>>,
                "hawser: this starts a Task<>: call the coroutine, as in spawn(f()), and put an "
                "operation, or a task with "
                "a result, into a Task<>");
}

}  // namespace detail

/// Names a mistake at compile time: `spawn` takes a `Task<>`.
template <detail::IsTakenForTask T>
void spawn(T&&) {
  detail::refuse_to_start<T>();
}

/// Names a mistake at compile time: `start` takes a `Task<>`.
template <detail::IsTakenForTask T>
Job start(T&&) {
  detail::refuse_to_start<T>();
  return {};
}

}  // namespace hawser
