#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <hawser/detail/awaitable.hpp>
#include <hawser/detail/job.hpp>
#include <hawser/detail/promise_wait.hpp>
#include <hawser/detail/retirable.hpp>
#include <hawser/task.hpp>

// Runs several operations at once.
//
//     auto [user, rooms] = co_await hawser::when_all(load_user(id), load_rooms(id));
//     auto first = co_await hawser::when_any(connection.receive(), hawser::sleep_for(5s));
//     if (first.index() == 1) co_return report("no answer");
//
// The operations may be hawser's, tasks, or any other awaitables. Their arguments must live until
// all operations end, as temporaries in a `co_await` expression do. Destroying the waiting
// coroutine ends all operations.

namespace hawser {

namespace detail {

/// The value that stands for a result: `std::monostate` for `void`.
template <typename Result>
using ValueOf = std::conditional_t<std::is_void_v<Result>, std::monostate, Result>;

// As in task.hpp, the layout is the same in code with and without exceptions. Parts that differ are
// inlined or have another name.

/// How one of several operations ended.
template <typename Value>
struct Outcome {
  std::optional<Value> value;
  RetirablePointer exception;  // a Thrown

  [[gnu::always_inline]] inline Value take() {
    rethrow(exception);
    return std::move(*value);  // NOLINT(bugprone-unchecked-optional-access): has ended
  }
};

/// Counts the operations that have ended, and resumes the waiting coroutine once enough of them
/// have.
struct Countdown {
  std::size_t left = 0;
  std::size_t first = 0;  // the index of the operation that ended first
  bool has_first = false;
  RetirablePointer* thrown = nullptr;  // by the operation that failed first
  std::coroutine_handle<> waiting;

  /// Call this when an operation throws: the wait is then over.
  void fail(RetirablePointer& exception) noexcept {
    if (!thrown) thrown = &exception;
    left = 0;
  }
};

/// A coroutine that awaits one operation.
///
/// It is suspended when it resumes the waiting coroutine, because that may destroy it.
class Child {
 public:
  struct promise_type : PartOfJob {  // NOLINT(readability-identifier-naming)
    struct Final {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(
          std::coroutine_handle<promise_type> child) const noexcept {
        Countdown& count = *child.promise().countdown;
        if (!std::exchange(count.has_first, true)) count.first = child.promise().index;
        if (count.left > 0) --count.left;
        const bool is_enough = count.left == 0 && count.waiting;
        return is_enough ? std::exchange(count.waiting, nullptr) : std::noop_coroutine();
      }
      void await_resume() const noexcept {}
    };

    Child get_return_object() noexcept {
      return Child(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Final final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }

    Countdown* countdown = nullptr;
    std::size_t index = 0;
  };

  Child(Child&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (coroutine_) coroutine_.destroy();
  }

  void start(Countdown& countdown, std::size_t index, JobState* job) {
    coroutine_.promise().job = job;
    coroutine_.promise().countdown = &countdown;
    coroutine_.promise().index = index;
    coroutine_.resume();
  }

 private:
  explicit Child(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

#ifdef __WASM_EXCEPTIONS__
inline namespace with_wasm_exceptions {
#elif defined(__cpp_exceptions)
inline namespace with_exceptions {
#else
inline namespace without_exceptions {
#endif

/// Awaits an operation, and stores its result or its exception.
template <typename Operation, typename Value>
Child run_child(Operation&& operation, Outcome<Value>& outcome,
                [[maybe_unused]] Countdown& countdown) {
#ifdef __cpp_exceptions
  try {
#endif
    if constexpr (std::is_void_v<AwaitResult<Operation>>) {
      co_await awaited(std::forward<Operation>(operation));
      outcome.value.emplace();
    } else {
      outcome.value.emplace(co_await awaited(std::forward<Operation>(operation)));
    }
#ifdef __cpp_exceptions
  } catch (...) {
    outcome.exception.reset(new Thrown(std::current_exception()));
    countdown.fail(outcome.exception);
  }
#endif
}

}  // namespace with_exceptions or without

/// Starts the children, and returns whether `waiting` must wait for `enough` of them to end.
inline bool start_children(std::vector<Child>& children, Countdown& countdown, std::size_t enough,
                           Suspended waiting) {
  countdown.left = enough;
  for (std::size_t index = 0; index < children.size() && countdown.left > 0; ++index) {
    children[index].start(countdown, index, waiting.job);
  }
  countdown.waiting = waiting.coroutine;
  return countdown.left > 0;
}

/// Several operations of different types.
template <typename... Values>
class Several {
 public:
  template <typename... Operations>
  explicit Several(std::in_place_t, Operations&&... operations) {
    children_.reserve(sizeof...(Operations));
    std::apply(
        [&](auto&... outcome) {
          (children_.push_back(
               run_child(std::forward<Operations>(operations), outcome, countdown_)),
           ...);
        },
        outcomes_);
  }
  Several(const Several&) = delete;
  Several& operator=(const Several&) = delete;

  bool await_ready() const noexcept { return false; }

 protected:
  std::tuple<Outcome<Values>...> outcomes_;
  Countdown countdown_;
  std::vector<Child> children_;  // last: they use the other members
};

/// Any number of tasks of one type.
template <typename Result>
class Many {
 public:
  explicit Many(std::vector<Task<Result>> tasks)
      : tasks_(std::move(tasks)), outcomes_(tasks_.size()) {
    children_.reserve(tasks_.size());
    for (std::size_t i = 0; i < tasks_.size(); ++i)
      children_.push_back(run_child(std::move(tasks_[i]), outcomes_[i], countdown_));
  }
  Many(const Many&) = delete;
  Many& operator=(const Many&) = delete;

  bool await_ready() const noexcept { return false; }

 protected:
  std::vector<Task<Result>> tasks_;
  std::vector<Outcome<ValueOf<Result>>> outcomes_;
  Countdown countdown_;
  std::vector<Child> children_;
};

}  // namespace detail

// The `When...` classes are the awaitables that `when_all` and `when_any` return. Await each one
// once, in the expression that creates it. You don't need to name them.

/// The awaitable that `when_all(operations...)` returns.
template <typename... Values>
class [[nodiscard]] WhenAll : public detail::Several<Values...> {
 public:
  using detail::Several<Values...>::Several;
  bool await_suspend(detail::Suspended coroutine) {
    return start_children(this->children_, this->countdown_, sizeof...(Values), coroutine);
  }
  [[gnu::always_inline]] inline std::tuple<Values...> await_resume() {
    if (this->countdown_.thrown) {
      this->children_.clear();  // ends the others
      detail::rethrow(*this->countdown_.thrown);
    }
    return take(std::make_index_sequence<sizeof...(Values)>());
  }

 private:
  template <std::size_t... Indices>
  [[gnu::always_inline]] inline std::tuple<Values...> take(std::index_sequence<Indices...>) {
    return std::tuple<Values...>{std::get<Indices>(this->outcomes_).take()...};
  }
};

/// The awaitable that `when_any(operations...)` returns.
template <typename... Values>
class [[nodiscard]] WhenAny : public detail::Several<Values...> {
 public:
  using detail::Several<Values...>::Several;
  bool await_suspend(detail::Suspended coroutine) {
    return start_children(this->children_, this->countdown_, 1, coroutine);
  }
  [[gnu::always_inline]] inline std::variant<Values...> await_resume() {
    this->children_.clear();  // ends the others
    return take<0>();
  }

 private:
  template <std::size_t Index>
  [[gnu::always_inline]] inline std::variant<Values...> take() {
    if constexpr (Index + 1 < sizeof...(Values)) {
      if (this->countdown_.first != Index) return take<Index + 1>();
    }
    return std::variant<Values...>(std::in_place_index<Index>,
                                   std::get<Index>(this->outcomes_).take());
  }
};

/// The awaitable that `when_all(tasks)` returns.
template <typename Result>
class [[nodiscard]] WhenAllOf : public detail::Many<Result> {
 public:
  using detail::Many<Result>::Many;
  bool await_suspend(detail::Suspended coroutine) {
    return start_children(this->children_, this->countdown_, this->children_.size(), coroutine);
  }
  [[gnu::always_inline]] inline std::vector<detail::ValueOf<Result>> await_resume() {
    if (this->countdown_.thrown) {
      this->children_.clear();  // ends the others
      detail::rethrow(*this->countdown_.thrown);
    }
    std::vector<detail::ValueOf<Result>> results;
    results.reserve(this->outcomes_.size());
    for (auto& outcome : this->outcomes_) results.push_back(outcome.take());
    return results;
  }
};

/// The first task that ended, and its result.
template <typename Value>
struct First {
  std::size_t index;  ///< The index of the task in the vector.
  Value value;        ///< Its result, or a `std::monostate` for `void`.
};

/// The awaitable that `when_any(tasks)` returns.
template <typename Result>
class [[nodiscard]] WhenAnyOf : public detail::Many<Result> {
 public:
  using detail::Many<Result>::Many;
  bool await_suspend(detail::Suspended coroutine) {
    return start_children(this->children_, this->countdown_, 1, coroutine);
  }
  [[gnu::always_inline]] inline First<detail::ValueOf<Result>> await_resume() {
    this->children_.clear();  // ends the others
    return {this->countdown_.first, this->outcomes_[this->countdown_.first].take()};
  }
};

/// Awaits all operations at once, and returns a tuple of their results.
///
/// A result of type `void` becomes a `std::monostate`. If an operation throws, the others are
/// destroyed, and its exception is rethrown.
template <detail::Awaitable... Operations>
WhenAll<detail::ValueOf<detail::AwaitResult<Operations>>...> when_all(Operations&&... operations) {
  return WhenAll<detail::ValueOf<detail::AwaitResult<Operations>>...>(
      std::in_place, std::forward<Operations>(operations)...);
}

/// Awaits all tasks at once, and returns a vector of their results in the same order.
///
/// It owns the tasks, and handles exceptions like the other overload.
template <typename Result>
WhenAllOf<Result> when_all(std::vector<Task<Result>> tasks) {
  return WhenAllOf<Result>(std::move(tasks));
}

/// Awaits several operations until the first one ends, and returns its result as a variant.
///
/// The index of the variant says which operation ended. If it threw, its exception is rethrown. The
/// other operations are destroyed. That loses no message: the next operation receives it. An
/// operation that ends with an error counts as ended, too: put a loop around operations that may
/// fail.
template <detail::Awaitable... Operations>
  requires(sizeof...(Operations) > 0)
WhenAny<detail::ValueOf<detail::AwaitResult<Operations>>...> when_any(Operations&&... operations) {
  return WhenAny<detail::ValueOf<detail::AwaitResult<Operations>>...>(
      std::in_place, std::forward<Operations>(operations)...);
}

/// Awaits several tasks until the first one ends, and returns its index and its result.
///
/// It owns the tasks, and destroys the others. Without any tasks, it waits forever.
template <typename Result>
WhenAnyOf<Result> when_any(std::vector<Task<Result>> tasks) {
  return WhenAnyOf<Result>(std::move(tasks));
}

}  // namespace hawser
