#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <hawser/close.hpp>
#include <hawser/detail/operations.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/wait_queue.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/owned_message.hpp>

#include "bounded_inbox.hpp"

namespace hawser::detail {

/// An alternative destination for messages, for readers on other threads.
struct MessageSink {
  /// Takes a message. Returns an error if it refuses the message. The owner of the queue then ends
  /// the connection.
  std::optional<Error> (*received)(MessageSink& sink, const Message& message);

  /// Called when the connection has ended, or with null when a new connection follows.
  void (*ended)(MessageSink& sink, const CloseEvent* end);
};

/// Received messages and the coroutines that wait for them. It does not depend on a socket: a
/// `Connection` and a `Session` each own one and pass it the messages they receive. Waits still in
/// progress at its destruction end with `Error::destroyed`.
class ReceiveQueue {
 public:
  explicit ReceiveQueue(const InboxLimits& limits) noexcept : inbox_(limits) {}

  // For the owner.

  /// Passes a message to the receiver that has waited longest, and resumes it last, or puts the
  /// message into the inbox. The receiver may destroy this queue. Returns an error if the queue
  /// refuses the message. In that case, no coroutine has run, and the owner ends the connection.
  [[nodiscard]] MaybeError received(const Message& message) {
    const bool is_awaited = !sink_ && !receivers_.empty() && !receivers_.front().arrive;
    return is_awaited ? give(receivers_.front(), message) : offer(message);
  }

  /// Passes a message to `receiver`, which is waiting, together with the memory that the browser
  /// wrote it to.
  MaybeError give(ReceiveWaiter& receiver, const Message& message);

  /// Puts a message into the inbox, even beyond its limits. Returns errors like `received`.
  [[nodiscard]] MaybeError store(const Message& message) { return inbox_.store(message); }

  /// Passes further messages on to `sink`. Messages in the inbox stay there.
  void set_sink(MessageSink* sink) noexcept { sink_ = sink; }

  /// Where to write a message of `size` bytes: the buffer of the next receiver. Null if it has
  /// none, or a smaller one.
  std::byte* select_buffer(std::size_t size) const noexcept;

  /// The connection has ended, and no more messages follow. Messages in the inbox can still be
  /// received.
  void close(const CloseEvent& end);

  /// A new connection follows the one that ended.
  void reset() noexcept;

  const std::optional<CloseEvent>& end() const noexcept { return end_; }

  // For readers.

  /// Returns whether `receiver` has a result now: a message or an error.
  bool receive(ReceiveWaiter& receiver) {
    inbox_.set_read();
    return (!inbox_.empty() || end_) && receive_kept(receiver);
  }
  bool receive(BufferWaiter& receiver);

  /// Makes `receiver` wait for the next message. Returns false if the wait is over at once.
  bool wait(ReceiveWaiter& receiver) { return receiver.wait(receivers_); }

  /// Takes the oldest message out of the inbox, which must not be empty.
  OwnedMessage take() noexcept { return inbox_.take(); }

  bool empty() const noexcept { return inbox_.empty(); }
  std::size_t size() const noexcept { return inbox_.size(); }
  std::size_t bytes() const noexcept { return inbox_.bytes(); }

  /// Messages that were dropped because the inbox was full or memory ran out.
  std::uint64_t dropped() const noexcept { return inbox_.dropped(); }

  [[no_unique_address]] const OwnerThread owner;

 private:
  bool receive_kept(ReceiveWaiter& receiver);
  MaybeError offer(const Message& message);

  /// Passes the end of the connection to `receiver`.
  static void receive_end(ReceiveWaiter& receiver, const CloseEvent& end);

  WaitQueue<ReceiveWaiter> receivers_;
  BoundedInbox inbox_;
  MessageSink* sink_ = nullptr;
  std::optional<CloseEvent> end_;
};

}  // namespace hawser::detail
