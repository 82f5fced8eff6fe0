#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include <hawser/detail/job.hpp>
#include <hawser/javascript_error.hpp>

// Lets hawser's coroutines wait for a JavaScript promise. Does not include <emscripten/val.h>, so
// that programs can have tasks without Embind.

namespace emscripten {
class val;
}

namespace hawser::detail {

/// Waits for a promise, given as its Embind handle.
///
/// Embind has its own awaiter. But a coroutine that waits with it must not be destroyed, and
/// destroying a job or a scope does that.
class PromiseWait {
 public:
  PromiseWait(const PromiseWait&) = delete;
  PromiseWait& operator=(const PromiseWait&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(Suspended coroutine);

  /// Call this when the promise is settled. Takes ownership of the value or error, and resumes the
  /// coroutine.
  void settle(void* result, bool is_rejected);

 protected:
  /// Takes ownership of the handle.
  explicit PromiseWait(void* promise) noexcept : value_(promise) {}
  ~PromiseWait();

  bool is_rejected() const noexcept { return is_rejected_; }

  /// Returns the result. The caller takes ownership of the handle.
  void* take() noexcept { return std::exchange(value_, nullptr); }

  /// Throws the result as a C++ exception if this program catches those. Otherwise, throws it
  /// unchanged into the JavaScript code that resumed the coroutine.
  [[noreturn]] [[gnu::always_inline]] inline void raise() {
#ifdef __cpp_exceptions
    if (auto exception = keep()) throw JavaScriptError(std::move(exception));
#endif
    throw_to_javascript();
  }

 private:
  std::shared_ptr<const KeptException> keep();
  [[noreturn]] void throw_to_javascript();

  void* value_;  // the promise, then its result
  bool is_waiting_ = false;
  bool is_rejected_ = false;
  Suspended coroutine_ = std::coroutine_handle<>();
};

/// The awaiter that a task uses for `co_await promise`.
template <typename Value>
class PromiseAwaiter : public PromiseWait {
 public:
  explicit PromiseAwaiter(const Value& promise) : PromiseWait(Value(promise).release_ownership()) {}
  [[gnu::always_inline]] inline Value await_resume() {
    if (is_rejected()) raise();
    return Value::take_ownership(static_cast<decltype(std::declval<Value>().as_handle())>(take()));
  }
};

/// Whether Embind's awaiter would wait for this. A class derived from `val` may have a different
/// one.
template <typename Operand>
concept IsPromise = std::derived_from<std::remove_cvref_t<Operand>, emscripten::val> &&
                    requires(Operand&& operand) {
                      {
                        static_cast<Operand&&>(operand).operator co_await()
                      } -> std::same_as<typename std::remove_cvref_t<Operand>::awaiter>;
                    };

/// Returns the object that a hawser coroutine awaits for an operand.
template <typename Operand>
decltype(auto) awaited(Operand&& operand) noexcept {
  if constexpr (IsPromise<Operand>)
    return PromiseAwaiter<emscripten::val>(operand);
  else
    return static_cast<Operand&&>(operand);
}

}  // namespace hawser::detail
