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
/// the tasks that `run` starts. The program must be compiled and linked with `-pthread`. Otherwise,
/// or if the thread can't be created, every use returns `Error::no_thread` or false.
///
/// The thread starts once the browser's main thread returns to its event loop, or at once with
/// `-sPTHREAD_POOL_SIZE`.
///
/// It is move-only. Any thread may create, use, move and destroy it.
class IoThread {
 public:
  /// Starts the thread without waiting for it.
  IoThread();

  /// Takes over the thread. Assigning to an object ends its own thread.
  IoThread(IoThread&&) noexcept = default;
  IoThread& operator=(IoThread&&) noexcept = default;

  /// Ends the thread after the calls that `run` has queued. Does not wait for that.
  ///
  /// Its connections and sessions send their queued messages and close. Their users get
  /// `Error::no_thread`. Its tasks are destroyed where they wait.
  ~IoThread() = default;

  /// Calls `function` on the thread, from its event loop. Returns at once.
  ///
  ///     io.run([] { socket = hawser::WebSocket::open(url).value(); });
  ///
  /// Calls run in the order in which they were queued. Objects that `function` creates belong to
  /// the thread. The platform reports an exception that leaves `function` as uncaught.
  ///
  /// Returns false, without calling `function`, if there is no thread or if it has ended.
  bool run(Handler<void()> function) const;

  /// The same for a function that returns a task. The thread owns the task, and destroys it when
  /// the thread ends.
  ///
  ///     io.run([address = url] { return feed(address); });
  ///
  /// The function may itself be a coroutine. Its captures live as long as its task.
  template <std::invocable Function>
    requires std::same_as<std::invoke_result_t<Function&>, Task<>>
  bool run(Function function) const {
    return run_task(call(std::move(function)));
  }

  /// Whether the thread runs, or is about to start. False if it could not be created.
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
