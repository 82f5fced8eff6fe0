#pragma once

#include <memory>

// hawser's objects belong to the thread that made them. Without threads, this is nothing.

namespace hawser::detail {

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)

/// The thread that made an object.
class OwnerThread {
 public:
  OwnerThread();

  /// Whether the caller runs on it.
  bool is_this() const noexcept { return thread_.get() == current; }

  /// Has it call `act` from its event loop. Does nothing if it has ended.
  void post(void (*act)(void*), void* argument) const noexcept;

 private:
  struct Thread;
  struct Current;
  static thread_local Thread* current;

  std::shared_ptr<Thread> thread_;
};

#else

class OwnerThread {
 public:
  static constexpr bool is_this() noexcept { return true; }
  static constexpr void post(void (*)(void*), void*) noexcept {}
};

#endif

/// `object`, or null where the caller is on another thread than it belongs to.
template <typename Object>
Object* mine(Object* object) noexcept {
  return object && object->owner.is_this() ? object : nullptr;
}

}  // namespace hawser::detail
