#pragma once

#include <algorithm>

#include <hawser/connect_options.hpp>
#include <hawser/detail/operations.hpp>
#include <hawser/detail/wait_queue.hpp>
#include <hawser/web_socket.hpp>

#include "../socket/socket.hpp"
#include "mailbox.hpp"
#include "scheduler.hpp"

namespace hawser::detail {

/// What one `Connection` is: its socket, its mailbox, and the coroutines that wait for other things than messages.
class Channel {
 public:
  explicit Channel(ConnectOptions options);
  ~Channel();

  std::optional<Error> open(std::string_view url);

  /// Whether `sender` has sent, or failed to.
  bool send(SendWaiter& sender);
  std::expected<void, Error> try_send(const Message& message);

  /// Has `sender` wait.
  bool wait_to_send(SendWaiter& sender, std::coroutine_handle<> coroutine);

  /// Whether everything sent has been handed to the network.
  bool is_drained() const noexcept { return waiting() == 0; }

  /// Has `drainer` wait for that.
  bool wait_to_drain(DrainWaiter& drainer, std::coroutine_handle<> coroutine);

  /// Sends what waits, if there is room for it now.
  void check_room();

  std::optional<Error> close(int code, std::string_view reason);

  const WebSocket& socket() const noexcept { return socket_; }

  [[no_unique_address]] const OwnerThread owner;

  // Destroyed from the last to the first: waits that end then are resumed in that order.
  WaitQueue<CloseWaiter> closers;
  WaitQueue<DrainWaiter> drainers;
  WaitQueue<SendWaiter> senders;
  Mailbox mailbox;
  WaitQueue<Waiter> openers;

 private:
  struct Poll : Timer {
    explicit Poll(Channel& of) noexcept
        : Timer([](Timer& timer) { static_cast<Poll&>(timer).channel.poll(); }), channel(of) {}
    Channel& channel;
    std::chrono::milliseconds interval{0};
  };

  void opened();
  void received(const Message& message);
  void refuse(Error error);
  void ended(const CloseEvent& event);

  bool is_full() const noexcept { return waiting() >= std::max<std::uint64_t>(options_.high_water_mark, 1); }
  std::uint64_t waiting() const noexcept { return socket_.buffered_amount() + unreported_; }
  bool must_wait() const noexcept;
  bool send_pieces(SendWaiter& sender);
  std::expected<void, Error> transmit(const Message& message);
  void send_what_waits();
  void fail_senders(Error error);
  void start_poll();

  void poll();

  ConnectOptions options_;
  WebSocket socket_;
  std::optional<Error> refusal_;  // why this side ends the connection, if it does
  std::uint64_t unreported_ = 0;  // bytes sent in this task that the engine does not count yet
  Poll poll_{*this};
};

}  // namespace hawser::detail
