#pragma once

#include <memory>

#include <hawser/detail/ring.hpp>

// Each hawser object belongs to the thread that created it. In builds without threads this compiles
// to nothing.

namespace hawser::detail {

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)

/// The thread that created an object.
///
/// Objects created on a Wasm Worker belong to no thread, because other threads cannot post calls to
/// it.
class OwnerThread {
 public:
  OwnerThread();

  /// Whether the caller is on that thread.
  bool is_this() const noexcept { return thread_.get() == current; }

  /// Whether the calling thread may own objects. A Wasm Worker may not, because other threads can't
  /// call it.
  static bool is_possible() noexcept;

  /// Whether the thread has ended.
  bool has_ended() const noexcept;

  /// Makes the thread call `act` from its event loop. Returns false if the thread has ended and
  /// will not make the call.
  bool post(void (*act)(void*), void* argument) const noexcept;

 private:
  friend class ThreadEnd;
  struct Thread;
  struct Current;
  static thread_local Thread* current;

  std::shared_ptr<Thread> thread_;
};

/// Calls `act` on the thread that created this, when that thread ends. Must be destroyed on that
/// thread.
class ThreadEnd : public Link {
 public:
  explicit ThreadEnd(void (*act)(ThreadEnd&));

 private:
  friend class OwnerThread;
  void (*act_)(ThreadEnd&);
};

/// A call posted to another thread. If that thread destroys this object first, the call is not
/// made.
class PostedCall {
 public:
  PostedCall() = default;
  PostedCall(const PostedCall&) = delete;
  PostedCall& operator=(const PostedCall&) = delete;
  ~PostedCall() {
    if (call_) call_->argument = nullptr;
  }

  void post(const OwnerThread& thread, void (*act)(void*), void* argument) {
    call_ = std::make_shared<Call>(act, argument);
    auto* const made = new std::shared_ptr<Call>(call_);
    const bool is_posted = thread.post(
        [](void* posted) {
          const std::unique_ptr<std::shared_ptr<Call>> held(
              static_cast<std::shared_ptr<Call>*>(posted));
          const Call& call = **held;
          if (call.argument) call.act(call.argument);
        },
        made);
    if (!is_posted) delete made;
  }

 private:
  struct Call {
    void (*act)(void*);
    void* argument;
  };
  std::shared_ptr<Call> call_;
};

#else

class PostedCall {
 public:
  static constexpr void post(const class OwnerThread&, void (*)(void*), void*) noexcept {}
};

class OwnerThread {
 public:
  static constexpr bool is_this() noexcept { return true; }
  static constexpr bool is_possible() noexcept { return true; }
  static constexpr bool has_ended() noexcept { return false; }
  static constexpr bool post(void (*)(void*), void*) noexcept { return false; }
};

class ThreadEnd {
 public:
  explicit constexpr ThreadEnd(void (*)(ThreadEnd&)) noexcept {}
};

#endif

/// Returns `object`, or null if it belongs to another thread.
template <typename Object>
Object* mine(Object* object) noexcept {
  return object && object->owner.is_this() ? object : nullptr;
}

}  // namespace hawser::detail
