#include <hawser/detail/owner_thread.hpp>

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)

#include <cstdint>
#include <mutex>

#ifdef __EMSCRIPTEN__
#include <emscripten/proxying.h>
#include <pthread.h>
#endif

#include "seam.hpp"

namespace hawser::detail {

#ifdef __EMSCRIPTEN__
/// Returns 0 except on a Wasm Worker. Null in programs without Wasm Workers, because it is a weak
/// symbol.
extern "C" [[gnu::weak]] std::uint32_t emscripten_wasm_worker_self_id();

namespace {

/// Not Emscripten's system queue: a thread may run that one while it waits for a mutex, at any
/// point in the code.
em_proxying_queue* queue_of_all() {
  static em_proxying_queue* const queue = em_proxying_queue_create();
  return queue;
}

}  // namespace
#endif

struct OwnerThread::Thread {
  std::mutex mutex;
  bool has_ended = false;
  Ring<ThreadEnd> ends;  // for the thread itself
#ifdef __EMSCRIPTEN__
  pthread_t id = pthread_self();
  em_proxying_queue* queue = queue_of_all();
#endif
};

namespace {

constinit thread_local bool is_ending = false;

}  // namespace

/// Marks the thread as ended. `current` stays valid: destructors that run later on this thread
/// still need it.
struct OwnerThread::Current {
  std::shared_ptr<Thread> thread = std::make_shared<Thread>();
  ~Current() {
    is_ending = true;
    {
      const std::lock_guard lock(thread->mutex);
      thread->has_ended = true;
    }
    seam::hawser_end_thread();
    // Called without the lock, because these take locks that other threads hold while they call
    // `has_ended`.
    while (!thread->ends.empty()) {
      ThreadEnd& end = thread->ends.front();
      end.leave();
      end.act_(end);
    }
  }
};

constinit thread_local OwnerThread::Thread* OwnerThread::current = nullptr;

OwnerThread::OwnerThread() {
  if (is_ending || !is_possible()) {
    // Never stored in `current`, so it matches no thread.
    static const auto no_thread = [] {
      auto thread = std::make_shared<Thread>();
      thread->has_ended = true;
      return thread;
    }();
    thread_ = no_thread;
    return;
  }
  static thread_local const Current made;
  current = made.thread.get();
  thread_ = made.thread;
}

bool OwnerThread::is_possible() noexcept {
#ifdef __EMSCRIPTEN__
  return !emscripten_wasm_worker_self_id || emscripten_wasm_worker_self_id() == 0;
#else
  return true;
#endif
}

bool OwnerThread::has_ended() const noexcept {
  const std::lock_guard lock(thread_->mutex);
  return thread_->has_ended;
}

bool OwnerThread::post(void (*act)(void*), void* argument) const noexcept {
  const std::lock_guard lock(thread_->mutex);
  if (thread_->has_ended) return false;
#ifdef __EMSCRIPTEN__
  return emscripten_proxy_async(thread_->queue, thread_->id, act, argument);
#else
  seam::hawser_post(act, argument);
  return true;
#endif
}

ThreadEnd::ThreadEnd(void (*act)(ThreadEnd&)) : act_(act) {
  if (const OwnerThread thread; thread.is_this()) join(thread.thread_->ends);
}

}  // namespace hawser::detail

#endif
