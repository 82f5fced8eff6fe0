#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <hawser/close.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/message.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/receive_error.hpp>
#include <hawser/sender.hpp>
#include <hawser/session.hpp>
#include <hawser/wait.hpp>

#include "../connection/bounded_inbox.hpp"
#include "../connection/receive_queue.hpp"
#include "home.hpp"
#include "signal.hpp"

namespace hawser::detail {

/// A connection or session on one thread, for users on other threads. Any thread may call its
/// functions.
///
/// `far` is the other half. It owns the connection or session, and lives on that thread.
class Remote : public std::enable_shared_from_this<Remote>, public MessageSink {
 public:
  using Clock = std::chrono::steady_clock;

  /// How often a waiting call checks whether the thread of its connection still exists.
  static constexpr Clock::duration thread_interval = std::chrono::seconds(1);

  Remote(Home home, const InboxLimits& limits) noexcept;

  // For users, on any thread.

  std::expected<OwnedMessage, ReceiveError> try_receive();
  std::expected<OwnedMessage, ReceiveError> receive(const WaitOptions& options);
  std::expected<void, Error> try_send(const Message& message);
  std::expected<void, Error> send(const Message& message, const WaitOptions& options);
  std::expected<CloseEvent, Error> close(int code, std::string_view reason,
                                         const WaitOptions& options);

  /// Waits until `is_done` returns true. Returns an error if the wait ends earlier, or can't start.
  /// Calls `is_done` after each change, and at least once per `interval`.
  template <typename IsDone>
  std::optional<Error> wait(const WaitOptions& options, IsDone is_done,
                            Clock::duration interval = thread_interval) {
    if (options.stop.stop_requested()) return Error::cancelled;
    const bool may_wait = options.timeout > std::chrono::milliseconds::zero();
    if (may_wait && !home_.can_wait()) return Error::cannot_block;
    const auto deadline = may_wait ? deadline_of(options.timeout) : std::nullopt;
    const auto notifier = notify_on_stop(options.stop);
    for (;;) {
      const auto seen = changed_->state();
      if (is_done()) return std::nullopt;
      if (options.stop.stop_requested()) return Error::cancelled;
      const auto left = deadline ? *deadline - Clock::now() : interval;
      if (!may_wait || left <= Clock::duration::zero()) return Error::timed_out;
      changed_->wait(seen, std::min(left, interval));
      check_thread();
    }
  }

  /// Runs `act` on the connection's thread, and keeps this alive until then. If JSPI has put the
  /// connection on this thread, `act` runs at once. Returns false if the thread has ended.
  bool post(Handler<void()> act);

  /// Allows sending again, because the application wants another connection after all.
  void reopen() noexcept { is_closing_ = false; }

  ReadyState ready_state() const noexcept;
  Sender sender() const;
  std::string url() const;
  std::string protocol() const;
  std::string extensions() const;
  SessionStatus status() const;
  std::optional<CloseEvent> end() const;
  std::size_t inbox_size() const;
  std::size_t inbox_bytes() const;
  std::uint64_t inbox_dropped() const;

  /// Whether the other half exists, or will never exist.
  bool has_started() const noexcept { return has_started_; }

  /// Whether the connection has been open, or has ended.
  bool is_settled() const noexcept { return is_settled_; }
  bool was_open() const noexcept { return was_open_; }
  const Home& home() const noexcept { return home_; }

  // On the connection's thread.

  std::unique_ptr<FarEnd> far;

  void attach(std::unique_ptr<FarEnd> made);
  void set_sender(Sender sender);
  void opened(std::string url, std::string protocol, std::string extensions);
  void set_status(const SessionStatus& status, ReadyState state);
  void end_with(const CloseEvent& event);

  /// The thread or the owner is gone.
  void lose(Error error);

  /// The user is gone. Destroys the other half, on its thread.
  void release();

 private:
  struct Notify {
    std::shared_ptr<Signal> signal;
    void operator()() const noexcept { signal->notify(); }
  };
  using Notifier = std::unique_ptr<std::stop_callback<Notify>>;

  static std::optional<Clock::time_point> deadline_of(std::chrono::milliseconds timeout) noexcept;
  Notifier notify_on_stop(const std::stop_token& stop) const;
  void check_thread();
  std::expected<OwnedMessage, ReceiveError> take_locked();

  const Home home_;
  [[no_unique_address]] const OwnerThread maker_;
  const std::shared_ptr<Signal> changed_ = std::make_shared<Signal>();
  std::atomic<ReadyState> ready_state_ = ReadyState::connecting;
  std::atomic<bool> is_closing_ = false;  // the app called `close`
  std::atomic<bool> has_started_ = false;
  std::atomic<bool> is_settled_ = false;
  std::atomic<bool> was_open_ = false;

  mutable std::mutex mutex_;  // protects all members below
  BoundedInbox inbox_;
  std::optional<CloseEvent> end_;
  Sender sender_;
  bool has_sender_ = false;
  std::string url_;
  std::string protocol_;
  std::string extensions_;
  SessionStatus status_;
};

}  // namespace hawser::detail
