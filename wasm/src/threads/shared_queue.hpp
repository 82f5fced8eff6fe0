#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/message.hpp>
#include <hawser/sender.hpp>

namespace hawser::detail {

class Feed;

/// Messages stored one after the other in one block of memory, so that a warm queue allocates
/// nothing.
class Batch {
 public:
  /// Returns false, and adds nothing, if there is no memory.
  bool add(const Message& message) noexcept;
  void clear() noexcept;

  /// Whether all messages have been passed.
  bool is_done() const noexcept { return next_ == end_; }

  /// The first message that has not been passed. Valid until the next `add` or `clear`.
  Message front() const noexcept;
  void pass() noexcept { next_ += sizeof(Header) + header().size; }

 private:
  /// Precedes the bytes of each message, unaligned.
  struct Header {
    std::size_t size;
    MessageType type;
  };
  struct Free {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };

  Header header() const noexcept;

  std::unique_ptr<std::byte, Free> memory_;
  std::size_t capacity_ = 0;
  std::size_t end_ = 0;
  std::size_t next_ = 0;  // the first message that has not been passed
};

/// The state that all copies of a `Sender` share with the `Feed` of their connection.
///
/// Any thread adds messages. The connection's thread takes all of them at once, and sends them
/// without the lock.
class SharedQueue : public std::enable_shared_from_this<SharedQueue> {
 public:
  explicit SharedQueue(const SenderOptions& options) noexcept
      : options_(options), is_closed_(owner.has_ended()) {}

  // For senders, on any thread.

  std::expected<void, Error> send(const Message& message);
  SenderCounters counters();

  // For the feed, on the connection's thread.

  /// Null once the connection has ended.
  Feed* feed = nullptr;

  /// Called when there may be room. May be empty.
  Handler<void()> on_change;

  /// Swaps `batch`, which must be empty, for the messages that have been added.
  void take(Batch& batch);

  /// The connection has ended. Drops the queued messages, and accepts no more.
  void close();

  /// The same when the thread ends. Calls posted to the thread are then no longer made.
  void abandon();

  /// The feed's results for added messages.
  struct Done {
    std::uint64_t sent = 0;
    std::uint64_t dropped = 0;
    std::size_t bytes = 0;
    std::optional<Error> last_drop;
  };
  void count(const Done& done);

  [[no_unique_address]] const OwnerThread owner;

 private:
  std::expected<void, Error> add(const Message& message);

  /// Makes the connection's thread drain the queue.
  void wake();

  const SenderOptions options_;

  std::mutex mutex_;  // protects all members below
  Batch added_;
  std::shared_ptr<SharedQueue>
      woken_;  // this object, while a wake-up call is pending on the connection's thread
  bool is_closed_;
  SenderCounters counters_;  // `queued` includes the messages that the feed has taken
};

}  // namespace hawser::detail
