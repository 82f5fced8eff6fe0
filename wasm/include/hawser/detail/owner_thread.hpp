#pragma once

#include <memory>

// Each hawser object belongs to the thread that created it. In builds without threads this compiles to nothing.

namespace hawser::detail {

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)

/// The thread that created an object.
class OwnerThread {
 public:
  OwnerThread();

  /// Whether the caller is on that thread.
  bool is_this() const noexcept { return thread_.get() == current; }

  /// Makes that thread call `act` from its event loop. Does nothing if the thread has ended.
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

/// Returns `object`, or null if it belongs to another thread.
template <typename Object>
Object* mine(Object* object) noexcept {
  return object && object->owner.is_this() ? object : nullptr;
}

}  // namespace hawser::detail
