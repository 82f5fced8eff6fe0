#pragma once

#include <algorithm>

#include <hawser/connect_options.hpp>
#include <hawser/detail/operations.hpp>
#include <hawser/web_socket.hpp>

#include "../socket/socket.hpp"
#include "inbox.hpp"
#include "scheduler.hpp"

namespace hawser::detail {

/// What coroutines wait for on one connection: messages, room to send, and the end.
class Channel {
 public:
  /// Whether the inbox may end the connection before the first `receive`, when nothing shows that anyone will read.
  enum class Unread : std::uint8_t { may_end, never_ends };

  explicit Channel(ConnectOptions options, Unread unread = Unread::may_end);

  /// What waits goes on later, with `Error::destroyed`.
  ~Channel();

  std::optional<Error> open(std::string_view url);

  /// Whether `receiver` has a message, or why there is none.
  bool receive(ReceiveWaiter& receiver);

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

  /// Of the connection: a message, and the end. Each may resume a coroutine that destroys this.
  void received(const Message& message);
  void ended(const CloseEvent& event);

  /// Puts a message into the inbox, whatever is there already.
  void store(const Message& message);

  /// Takes the oldest message out of the inbox, for a reader that is not a coroutine. There must be one.
  OwnedMessage take();
  bool is_inbox_empty() const noexcept { return inbox_.empty(); }
  std::size_t inbox_size() const noexcept { return inbox_.size(); }
  std::size_t inbox_bytes() const noexcept { return inbox_bytes_; }

  /// After the end: another connection takes its place. What was not received yet stays.
  void begin_anew() noexcept {
    end_.reset();
    ended_for_.reset();
  }

  /// Why this side ends the connection, where it does.
  const std::optional<Error>& refused() const noexcept { return ended_for_; }

  const WebSocket& socket() const noexcept { return socket_; }
  const std::optional<CloseEvent>& end() const noexcept { return end_; }
  std::uint64_t dropped_messages() const noexcept { return dropped_; }

  [[no_unique_address]] const OwnerThread owner;

  Ring<Waiter> openers;
  Ring<ReceiveWaiter> receivers;
  Ring<SendWaiter> senders;
  Ring<DrainWaiter> drainers;
  Ring<CloseWaiter> closers;

 private:
  struct Poll : Timer {
    explicit Poll(Channel& of) noexcept
        : Timer([](Timer& timer) { static_cast<Poll&>(timer).channel.poll(); }), channel(of) {}
    Channel& channel;
    std::chrono::milliseconds interval{0};
  };

  /// What becomes of a message that a receiver is offered.
  enum class Fate { taken, kept, skipped, lost };

  void opened();

  std::byte* choose_place(std::size_t size) const noexcept;
  Fate offer(ReceiveWaiter& receiver, const Message& message, OwnedMessage* owned);
  ReceiveWaiter* hand_over(const Message& message);
  void keep(const Message& message);
  void lose(const Message& message);
  void refuse(Error error);
  void end_for(Error error);

  /// Whether a message that the inbox cannot take ends the connection. Otherwise it is dropped and counted.
  bool may_end() const noexcept { return was_read_ || unread_ == Unread::may_end; }

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
  std::optional<Error> ended_for_;  // by this side
  std::optional<CloseEvent> end_;
  Unread unread_;
  bool was_read_ = false;  // by a coroutine, at least once
  Inbox inbox_;
  std::size_t inbox_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t unreported_ = 0;  // bytes sent in this task that the engine does not count yet
  Poll poll_{*this};
};

}  // namespace hawser::detail
