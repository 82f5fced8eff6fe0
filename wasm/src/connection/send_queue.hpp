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
#include <hawser/web_socket.hpp>

namespace hawser::detail {

/// Sends over one socket, and makes senders wait while too much is queued in the browser. Waits that last until its
/// destruction end with `Error::destroyed`.
///
/// No event reports that the browser's queue has become shorter. So while a coroutine waits for that, a timer polls the
/// socket.
class SendQueue {
 public:
  /// The marks are those of `ConnectOptions`.
  SendQueue(WebSocket& socket, std::uint64_t high_water_mark, std::uint64_t low_water_mark) noexcept;

  // For senders.

  /// Whether `sender` is done: everything is sent, or sending failed.
  bool send(SendWaiter& sender);

  /// Sends, or returns `Error::would_block` if `send` would wait.
  std::expected<void, Error> try_send(const Message& message);

  /// Makes `sender` wait until there is room. False if its wait is over at once.
  bool wait(SendWaiter& sender);

  /// Whether everything sent has been handed to the network.
  bool is_drained() const noexcept { return queued() == 0; }

  /// Makes `drainer` wait for that. False if its wait is over at once.
  bool wait(DrainWaiter& drainer);

  /// Checks now what the timer polls for.
  void check_room();

  bool is_closed() const noexcept { return is_closed_; }

  // For the owner.

  /// Checks for room, because a received message is a new task. Only senders can continue.
  void message_received() {
    unreported_ = 0;
    if (!senders_.empty()) send_waiting();
  }

  /// Ends each waiting send with `error`.
  void fail_senders(Error error) { senders_.end_all(error); }

  /// The connection has ended: so do all waits.
  void close();

  [[no_unique_address]] const OwnerThread owner;

 private:
  struct Poll : Timer {
    explicit Poll(SendQueue& of) noexcept
        : Timer([](Timer& timer) { static_cast<Poll&>(timer).queue.poll(); }), queue(of) {}
    SendQueue& queue;
    std::chrono::milliseconds interval{0};
  };

  std::uint64_t queued() const noexcept { return socket_.buffered_amount() + unreported_; }
  bool is_full() const noexcept { return queued() >= high_water_mark_; }
  bool must_wait() const noexcept;
  bool send_pieces(SendWaiter& sender);
  std::expected<void, Error> transmit(const Message& message);
  void send_waiting();
  void start_poll();
  void poll();

  WebSocket& socket_;
  std::uint64_t high_water_mark_;
  std::uint64_t low_water_mark_;
  std::uint64_t unreported_ = 0;  // bytes sent in this task that the engine does not count yet
  bool is_closed_ = false;
  Poll poll_{*this};
  // Destroyed in reverse, which is the order in which the waits that this ends are resumed.
  WaitQueue<DrainWaiter> drainers_;
  WaitQueue<SendWaiter> senders_;
};

}  // namespace hawser::detail
