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
  /// Null: on the thread that uses it, which suspends to wait.
  std::shared_ptr<LoopThread> thread = nullptr;

  /// Keeps the thread alive, unless its owner is an IoThread.
  std::shared_ptr<LoopOwner> owner = nullptr;

  static Home of(const IoThread& thread);

  /// For a connection that was not given a thread. None if this thread can't wait.
  static std::optional<Home> of_this_thread();

  /// Whether the calling thread can wait for something that happens there.
  bool can_wait() const noexcept;
};

}  // namespace hawser::detail
