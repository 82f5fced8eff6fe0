#pragma once

#include <memory>
#include <optional>

#include "loop_thread.hpp"

namespace hawser {

class IoThread;

}  // namespace hawser

namespace hawser::detail {

/// Where a remote connection lives.
struct Home {
  /// The thread that the connection lives on. Null if that is the thread that uses it, which
  /// suspends to wait.
  std::shared_ptr<LoopThread> thread = nullptr;

  /// Keeps the thread alive, unless its owner is an IoThread.
  std::shared_ptr<LoopOwner> owner = nullptr;

  static Home of(const IoThread& thread);

  /// Returns the home of a connection that was not given a thread. Empty if this thread can't wait.
  static std::optional<Home> of_this_thread();

  /// Whether the calling thread can wait for events there.
  bool can_wait() const noexcept;
};

}  // namespace hawser::detail
