#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/handler.hpp>
#include <hawser/scope.hpp>

namespace hawser::detail {

class Remote;

/// An object that lives on one thread and is used from others. It is destroyed on its own thread,
/// at the latest when that thread ends.
///
/// It keeps its other half alive. Otherwise, the other half might destroy it on another thread.
struct FarEnd : Link {
  explicit FarEnd(Remote& of);
  virtual ~FarEnd();

  /// Sends queued messages, and starts closing.
  virtual void close(int code, std::string_view reason) = 0;

  Remote& remote;

 private:
  std::shared_ptr<Remote> keeper_;
};

/// Calls `act` from the event loop of a thread. Returns false and keeps `act` unchanged if the
/// thread has ended.
bool post_to(const OwnerThread& thread, Handler<void()>& act);

/// A thread that runs an event loop, and the objects that live on it.
///
/// In native programs, this is the thread with the sockets of the scripted browser.
class LoopThread : public std::enable_shared_from_this<LoopThread> {
 public:
  static std::shared_ptr<LoopThread> start();

  // On any thread.

  /// Calls `act` from the event loop, after all calls posted earlier. Returns false if the thread
  /// could not start or is ending.
  bool post(Handler<void()> act);

  /// Destroys the objects on the thread, after all calls posted earlier, and ends the thread.
  void end();

  bool is_this() const noexcept;

  /// Whether the thread has ended or is about to.
  bool is_ending() const noexcept;

  /// Whether the thread has ended or could not start, even if nothing on it could report that.
  bool has_ended() const noexcept;

  // On the thread.

  void add(FarEnd& far) noexcept { far.join(far_ends_); }
  Scope& tasks() noexcept {
    return *tasks_;  // NOLINT(bugprone-unchecked-optional-access): it runs
  }

 private:
  struct Life;

  static void* run(void* started);
  void begin();
  void finish();
  bool post_locked(Handler<void()>& act);

  mutable std::mutex mutex_;              // protects the next four members
  std::optional<OwnerThread> owner_;      // empty until the thread runs
  std::vector<Handler<void()>> waiting_;  // calls posted before that
  bool is_ending_ = false;
  bool has_ended_ = false;

  Ring<FarEnd> far_ends_;
  std::optional<Scope> tasks_;
};

/// Ends the thread when it is destroyed.
struct LoopOwner {
  explicit LoopOwner(std::shared_ptr<LoopThread> of) noexcept : thread(std::move(of)) {}
  LoopOwner(const LoopOwner&) = delete;
  LoopOwner& operator=(const LoopOwner&) = delete;
  ~LoopOwner() { thread->end(); }

  const std::shared_ptr<LoopThread> thread;
};

/// The thread of connections that were not given one. It ends with the last of them.
std::shared_ptr<LoopOwner> shared_loop();

}  // namespace hawser::detail
