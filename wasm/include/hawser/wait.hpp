#pragma once

#include <chrono>
#include <stop_token>

#if defined(__EMSCRIPTEN_WASM_WORKERS__) && !defined(__EMSCRIPTEN_PTHREADS__)
#error "hawser needs -pthread beside -sWASM_WORKERS: std::stop_token cannot be linked without"
#endif

namespace hawser {

/// How long an operation waits.
struct WaitOptions {
  /// Ends the wait with `Error::timed_out`. Zero takes only what is there already; more than 24 days are no deadline.
  std::chrono::milliseconds timeout = std::chrono::milliseconds::max();

  /// A stop request ends the wait with `Error::cancelled`. Any thread may make it: the wait ends from the
  /// event loop of the thread that waits.
  std::stop_token stop = {};
};

}  // namespace hawser
