#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#ifndef __EMSCRIPTEN__
#include <condition_variable>
#include <mutex>
#endif

namespace hawser::detail {

/// How the calling thread can wait for another one.
enum class Waiting : std::uint8_t {
  cannot,    ///< Not at all: a browser's main thread, or a program without threads.
  blocks,    ///< It blocks.
  suspends,  ///< Its call is suspended by JSPI, and its event loop continues. Not while another call is suspended.
};

/// Returns how the calling thread can wait. On a thread that blocks, it always returns the same
/// value.
Waiting way_of_waiting() noexcept;

/// Lets threads wait for a change.
///
/// Waiting holds no lock, so a thread that is cancelled in a wait leaves none locked.
class Signal {
 public:
  /// Changes with each call of `notify`.
  std::uint32_t state() const noexcept { return changes_.load(); }

  /// Wakes all waiting threads.
  void notify() noexcept;

  /// Waits until the state is no longer `seen`, or for at most `longest`. May return earlier.
  void wait(std::uint32_t seen, std::chrono::duration<double, std::milli> longest) noexcept;

 private:
  std::atomic<std::uint32_t> changes_ = 0;
#ifdef __EMSCRIPTEN__
  std::atomic<std::uint32_t> waiting_ =
      0;  // at least the number of waiting threads: a cancelled thread stays counted
#else
  std::mutex mutex_;
  std::condition_variable changed_;
#endif
};

}  // namespace hawser::detail
