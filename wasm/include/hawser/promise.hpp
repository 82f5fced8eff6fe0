#pragma once

#include <emscripten/val.h>

#include <expected>
#include <utility>

#include <hawser/detail/promise_wait.hpp>

// Waits for JavaScript promises without exceptions.
//
// This is a separate header because it needs Embind: link with -lembind.

namespace hawser {

/// The awaitable that `settled` returns. Await it once, in the expression that creates it. You
/// don't need to name it.
class [[nodiscard]] Settled : public detail::PromiseWait {
 public:
  explicit Settled(emscripten::val promise) : PromiseWait(promise.release_ownership()) {}
  std::expected<emscripten::val, emscripten::val> await_resume() {
    auto result = emscripten::val::take_ownership(static_cast<emscripten::EM_VAL>(take()));
    if (is_rejected()) return std::unexpected(std::move(result));
    return result;
  }
};

/// Waits until `promise` is settled. Returns the value if it is fulfilled, or the reason as the
/// error if it is rejected.
///
///     #include <hawser/promise.hpp>
///
///     hawser::Task<> save(std::string text) {
///       const auto store = emscripten::val::global("store");
///       auto saved = co_await hawser::settled(store.call<emscripten::val>("save", text));
///       if (!saved) show(saved.error()["message"].as<std::string>());
///     }
///
/// It works with coroutines of any type, in programs with and without exceptions. A value that is
/// not a promise is returned as the result. Destroying the waiting coroutine ends the wait.
///
/// Await it on the thread that owns the promise.
inline Settled settled(emscripten::val promise) { return Settled(std::move(promise)); }

}  // namespace hawser
