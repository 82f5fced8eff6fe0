#pragma once

#include <chrono>
#include <stop_token>

#include <hawser/detail/platform.hpp>

#if defined(__EMSCRIPTEN_WASM_WORKERS__) && !defined(__EMSCRIPTEN_PTHREADS__)
#error "hawser needs -pthread beside -sWASM_WORKERS: std::stop_token cannot be linked without"
#endif

namespace hawser {

/// When an operation stops waiting. By default, it waits until it is done.
///
///     auto message = co_await connection.receive({.timeout = 30s, .stop = stop});
struct WaitOptions {
  /// The longest time to wait. After that, the wait ends with `Error::timed_out`.
  ///
  /// With zero, the operation never waits: it takes only what is already available. More than 24
  /// days means no deadline. A `Deadline` converts to a timeout. `1.5s` does not: write `1500ms`.
  std::chrono::milliseconds timeout = std::chrono::milliseconds::max();

  /// Cancels the wait, with `Error::cancelled`.
  ///
  /// Any thread may request the stop. The coroutine resumes later, from the event loop of its own
  /// thread. A request that was made before the operation started ends it without a wait.
  std::stop_token stop = {};
};

}  // namespace hawser
