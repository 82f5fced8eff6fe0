#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <expected>

#include <hawser/detail/operations.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/wait_queue.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>

#include "../socket/socket.hpp"

namespace hawser::detail {

/// Sends over one socket, and makes senders wait while too much is queued in the browser. Waits
/// still in progress at its destruction end with `Error::destroyed`.
///
/// No event reports that the browser's queue has become shorter. So a timer polls the socket while
/// a coroutine waits for that.
class SendQueue {
 public:
  /// The marks are those of `ConnectOptions`.
  SendQueue(std::uint64_t high_water_mark, std::uint64_t low_water_mark) noexcept;

  /// Sends over `socket` from now on. The socket must outlive this queue.
  void set_socket(Socket& socket) noexcept { socket_ = &socket; }

  // For senders.

  /// Sends if there is no need to wait. Returns whether `sender` is done: everything is sent, or
  /// sending failed.
  bool send(SendWaiter& sender) { return !must_wait() && send_now(sender); }

  /// The same, for a caller that knows that `sender` need not wait.
  bool send_now(SendWaiter& sender);
  bool send_pieces(SendWaiter& sender);

  /// Sends, or returns `Error::would_block` if `send` would wait.
  std::expected<void, Error> try_send(const Message& message);

  /// Makes `sender` wait until there is room. Returns false if the wait is over at once.
  bool wait(SendWaiter& sender) { return wait(sender, senders_); }

  /// Whether everything sent has been handed to the network.
  bool is_drained() noexcept { return queued() == 0; }

  /// Makes `drainer` wait until that is the case. Returns false if the wait is over at once.
  bool wait(DrainWaiter& drainer) { return wait(drainer, drainers_); }

  /// Checks now, instead of when the timer fires.
  void check_room();

  bool is_closed() const noexcept { return is_closed_; }

  // For the owner.

  /// Checks for room, because a received message is a new task. Only waiting senders can continue.
  void message_received() {
    unreported_ = 0;
    if (!senders_.empty()) send_waiting();
  }

  /// Ends each waiting send with `error`.
  void fail_senders(Error error) { senders_.end_all(error); }

  /// Ends all waits, because the connection has ended.
  void close();

  [[no_unique_address]] const OwnerThread owner;

 private:
  struct Poll : Timer {
    explicit Poll(SendQueue& of) noexcept
        : Timer([](Timer& timer) { static_cast<Poll&>(timer).queue.poll(); }), queue(of) {}
    SendQueue& queue;
    std::chrono::milliseconds interval{0};
  };

  /// Asks the browser how many bytes are queued.
  std::uint64_t queued() noexcept;
  bool is_full() noexcept { return queued() >= high_water_mark_; }
  bool must_wait() noexcept;
  bool wait(Waiter& waiter, Link& ring);
  MaybeError transmit(const Message& message);
  void send_waiting();
  void start_poll();
  void poll();

  Socket* socket_ = nullptr;
  std::uint64_t high_water_mark_;
  std::uint64_t low_water_mark_;
  std::uint64_t queued_ = 0;      // bytes queued in the browser at the last check
  std::uint64_t unreported_ = 0;  // bytes sent in this task that the engine does not count yet
  bool is_closed_ = false;
  Poll poll_{*this};
  // Destroyed in reverse order. Their destructors end waits, and the coroutines resume in that
  // order.
  WaitQueue<DrainWaiter> drainers_;
  WaitQueue<SendWaiter> senders_;
};

}  // namespace hawser::detail
