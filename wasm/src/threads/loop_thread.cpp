#include "loop_thread.hpp"

#include <utility>

#include <hawser/error.hpp>

#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"
#include "remote.hpp"

#ifdef __EMSCRIPTEN__
#include <emscripten/eventloop.h>
#include <pthread.h>
#endif

namespace hawser::detail {

FarEnd::FarEnd(Remote& of) : remote(of), keeper_(of.shared_from_this()) {}

FarEnd::~FarEnd() = default;

bool post_to(const OwnerThread& thread, Handler<void()>& act) {
  auto* const posted = new Handler<void()>(std::move(act));
  if (thread.post([](void* call) { seam::hawser_call(call); }, posted)) return true;
  act = std::move(*posted);
  delete posted;
  return false;
}

/// Lives as long as the thread, even if the thread ends by pthread_exit.
struct LoopThread::Life {
  explicit Life(std::shared_ptr<LoopThread> of) noexcept : thread(std::move(of)) {}
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  ~Life() { thread->finish(); }
  const std::shared_ptr<LoopThread> thread;
};

std::shared_ptr<LoopThread> LoopThread::start() {
  auto thread = std::make_shared<LoopThread>();
  auto* const started = new std::shared_ptr<LoopThread>(thread);
#if defined(__EMSCRIPTEN_PTHREADS__)
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_t id;
  const bool is_started = pthread_create(&id, &detached, run, started) == 0;
  pthread_attr_destroy(&detached);
#elif defined(__EMSCRIPTEN__)
  const bool is_started = false;
#else
  const bool is_started = true;
  seam::hawser_post([](void* to_run) { run(to_run); }, started);
#endif
  if (!is_started) {
    delete started;
    thread->has_ended_ = true;
  }
  return thread;
}

void* LoopThread::run(void* started) {
  const std::unique_ptr<std::shared_ptr<LoopThread>> thread(
      static_cast<std::shared_ptr<LoopThread>*>(started));
#ifdef __EMSCRIPTEN__
  [[maybe_unused]] const OwnerThread first;  // so that its end marker is destroyed after `life`
  static thread_local std::optional<Life> life;
  life.emplace(*thread);
  emscripten_runtime_keepalive_push();
#endif
  (*thread)->begin();
  return nullptr;
}

void LoopThread::begin() {
  tasks_.emplace();
  const std::lock_guard lock(mutex_);
  owner_.emplace();
  auto acts = std::exchange(waiting_, {});
  for (auto& act : acts) post_locked(act);
}

bool LoopThread::post(Handler<void()> act) {
  const std::lock_guard lock(mutex_);
  return !is_ending_ && post_locked(act);
}

/// On failure, the caller keeps `act`, because its destructor may post calls, too.
bool LoopThread::post_locked(Handler<void()>& act) {
  if (has_ended_) return false;
  if (!owner_) {
    waiting_.push_back(std::move(act));
    return true;
  }
  return post_to(*owner_, act);
}

void LoopThread::end() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_ending_, true)) return;
  Handler<void()> last([thread = shared_from_this()] {
    thread->finish();
#ifdef __EMSCRIPTEN__
    // Deferred, because the queue of posted calls is still running.
    emscripten_set_timeout(
        [](void*) {
          emscripten_runtime_keepalive_pop();
          pthread_exit(nullptr);
        },
        0, nullptr);
#endif
  });
  post_locked(last);
}

void LoopThread::finish() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = has_ended_ = true;
  }
  tasks_.reset();
  while (!far_ends_.empty()) far_ends_.front().remote.lose(Error::no_thread);
}

bool LoopThread::is_this() const noexcept {
  const std::lock_guard lock(mutex_);
  return owner_ && owner_->is_this();
}

bool LoopThread::is_ending() const noexcept {
  const std::lock_guard lock(mutex_);
  return is_ending_ || has_ended_;
}

bool LoopThread::has_ended() const noexcept {
  const std::lock_guard lock(mutex_);
  return has_ended_ || (owner_ && owner_->has_ended());
}

std::shared_ptr<LoopOwner> shared_loop() {
  struct Shared {
    std::mutex mutex;
    std::weak_ptr<LoopOwner> loop;
  };
  static auto& shared = *new Shared;  // leaked, because threads may use it while the program exits
  const std::lock_guard lock(shared.mutex);
  auto loop = shared.loop.lock();
  if (loop && !loop->thread->is_ending()) return loop;
  loop = std::make_shared<LoopOwner>(LoopThread::start());
  shared.loop = loop;
  return loop;
}

}  // namespace hawser::detail

void hawser::seam::hawser_run_call(void* call) {
  const std::unique_ptr<Handler<void()>> held(static_cast<Handler<void()>*>(call));
  detail::enter_event();
  (*held)();
  detail::end_event();
}
