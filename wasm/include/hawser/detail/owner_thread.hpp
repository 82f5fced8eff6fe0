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

/// A call that one thread asks another for. It is not made if this is destroyed, on that other thread, before.
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
    thread.post(
        [](void* posted) {
          const std::unique_ptr<std::shared_ptr<Call>> held(static_cast<std::shared_ptr<Call>*>(posted));
          const Call& call = **held;
          if (call.argument) call.act(call.argument);
        },
        new std::shared_ptr<Call>(call_));
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
  static constexpr void post(void (*)(void*), void*) noexcept {}
};

#endif

/// `object`, or null where the caller is on another thread than it belongs to.
template <typename Object>
Object* mine(Object* object) noexcept {
  return object && object->owner.is_this() ? object : nullptr;
}

}  // namespace hawser::detail
