#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include <hawser/handler.hpp>
#include <hawser/task.hpp>

namespace hawser {

namespace detail {
struct LoopOwner;
struct Home;
}  // namespace detail

/// A thread with its own event loop, so that connections don't wait for a busy main thread.
///
///     hawser::IoThread io;
///     auto connection = hawser::blocking::Connection::open(io, "wss://example.org/feed");
///     // ... in each frame:
///     while (auto message = connection->try_receive()) show(message->text());
///
/// It owns the connections and sessions that other threads open on it (see `hawser::blocking`), and
/// the tasks that `run` starts. It is for programs that are compiled and linked with `-pthread`. In
/// other programs, and if no thread can be created, it has no thread: every use then returns
/// `Error::no_thread`, or false.
///
/// The thread starts when the browser's main thread has returned to its event loop, or at once with
/// `-sPTHREAD_POOL_SIZE`.
///
/// It is move-only. Any thread may create, use, move and destroy it.
class IoThread {
 public:
  /// Starts the thread, without waiting for it.
  IoThread();

  /// Takes over the thread. An object that is assigned to ends its own.
  IoThread(IoThread&&) noexcept = default;
  IoThread& operator=(IoThread&&) noexcept = default;

  /// Ends the thread after the calls that `run` has queued, without waiting for that.
  ///
  /// Its connections and sessions send what is queued, and close. Their users get
  /// `Error::no_thread`. Its tasks are destroyed where they wait.
  ~IoThread() = default;

  /// Makes the thread call `function` from its event loop. Returns at once.
  ///
  ///     io.run([] { socket = hawser::WebSocket::open(url).value(); });
  ///
  /// Calls run in the order in which they were queued. What `function` creates belongs to the
  /// thread. An exception that leaves `function` is reported by the platform as an uncaught one.
  ///
  /// Returns false if there is no thread, or if it has ended: `function` is not called then.
  bool run(Handler<void()> function) const;

  /// The same for a function that returns a task. The thread owns the task, and destroys it at the end.
  ///
  ///     io.run([address = url] { return feed(address); });
  ///
  /// The function may be a coroutine itself. What it captures lives as long as its task.
  template <std::invocable Function>
    requires std::same_as<std::invoke_result_t<Function&>, Task<>>
  bool run(Function function) const {
    return run_task(call(std::move(function)));
  }

  /// Whether the thread runs, or will as soon as it can. False if it could not be created.
  bool is_running() const noexcept;

 private:
  friend struct detail::Home;

  template <typename Function>
  static Task<> call(Function function) {
    co_await function();
  }

  bool run_task(Task<> task) const;

  std::shared_ptr<detail::LoopOwner> loop_;  // null if moved from
};

}  // namespace hawser
