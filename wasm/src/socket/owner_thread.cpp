#include <hawser/detail/owner_thread.hpp>

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)

#include <mutex>

#ifdef __EMSCRIPTEN__
#include <emscripten/proxying.h>
#include <pthread.h>
#else
#include "seam.hpp"
#endif

namespace hawser::detail {

struct OwnerThread::Thread {
  std::mutex mutex;
  bool has_ended = false;
#ifdef __EMSCRIPTEN__
  pthread_t id = pthread_self();
#endif
};

/// Marks its thread as ended when that ends. `current` stays: destructors of globals still need it.
struct OwnerThread::Current {
  std::shared_ptr<Thread> thread = std::make_shared<Thread>();
  ~Current() {
    const std::lock_guard lock(thread->mutex);
    thread->has_ended = true;
  }
};

constinit thread_local OwnerThread::Thread* OwnerThread::current = nullptr;

OwnerThread::OwnerThread() {
  static thread_local const Current made;
  current = made.thread.get();
  thread_ = made.thread;
}

bool OwnerThread::has_ended() const noexcept {
  const std::lock_guard lock(thread_->mutex);
  return thread_->has_ended;
}

bool OwnerThread::post(void (*act)(void*), void* argument) const noexcept {
  const std::lock_guard lock(thread_->mutex);
  if (thread_->has_ended) return false;
#ifdef __EMSCRIPTEN__
  // Not the system's queue, which a thread also runs while it waits for a mutex, in the middle of anything.
  static em_proxying_queue* const queue = em_proxying_queue_create();
  return emscripten_proxy_async(queue, thread_->id, act, argument);
#else
  seam::hawser_post(act, argument);
  return true;
#endif
}

}  // namespace hawser::detail

#endif
