#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/payload.hpp>

namespace hawser {

namespace detail {
class Remote;
class SharedQueue;
}  // namespace detail

/// The options of a `Sender`.
struct SenderOptions {
  /// The capacity of the queue, in bytes. Each message counts as its payload plus 16 bytes.
  ///
  /// A single message may be larger than that.
  std::size_t max_queued_bytes = std::size_t{1} << 20;
};

/// Counts the messages of a `Sender` and its copies.
struct SenderCounters {
  /// Messages that the connection's own `send` accepted.
  std::uint64_t sent = 0;

  /// Messages that were queued but could not be sent.
  std::uint64_t dropped = 0;

  /// Why the last of these could not be sent. It is an error of the connection's own `send`, or
  /// `already_closed` if the connection ended first.
  std::optional<Error> last_drop = std::nullopt;

  /// Messages that are waiting for the connection's thread.
  std::size_t queued = 0;

  /// The size of those messages, in bytes of payload.
  std::size_t queued_bytes = 0;
};

/// Sends messages from any thread.
///
///     std::thread worker([sender = socket.sender()] { sender.send("from another thread"); });
///
/// On the connection's thread, `send` is the connection's own `send`. On any other thread, it
/// copies the message into a queue and returns at once. The connection's thread sends the queued
/// messages in its next turn of the event loop. Messages from the same thread stay in order.
///
/// A sender can be copied, and all copies share the queue. It may outlive its connection, but then
/// sends nothing. Any thread may call, copy, move and destroy it. While one thread assigns to an
/// object or destroys it, no other thread may use that object. Give each thread its own copy.
///
/// The connection's thread must return to its event loop, as a browser's main thread does. If the
/// thread ends, queued messages are dropped, and senders return `already_closed`.
///
/// For the senders of a session, the connection ends when the session is destroyed. While the
/// session is stopped, messages are queued and then dropped.
class Sender {
 public:
  /// Creates a sender without a connection.
  Sender() noexcept = default;

  /// Sends or queues text, bytes or a `Message` (see `Payload`).
  ///
  /// Errors on other threads: `would_block` if the queue is full; `out_of_memory`; `invalid_utf8`;
  /// `already_closed` after the end of the connection; `no_connection`; `wrong_thread` if the
  /// sender was created on a thread other than the connection's. After an error, the message was
  /// not queued. Errors on the connection's thread: those of its own `send`, or of `try_send` for a
  /// `Connection`.
  ///
  /// A message that is queued while the connection is connecting waits until it is open.
  std::expected<void, Error> send(Payload payload) const;

  /// Returns the counters. Works after the end of the connection, too.
  SenderCounters counters() const;

 private:
  friend class WebSocket;
  friend class Connection;
  friend class Session;
  friend class detail::Remote;
  explicit Sender(std::shared_ptr<detail::SharedQueue> queue) noexcept : queue_(std::move(queue)) {}
  explicit Sender(Error refusal) noexcept : refusal_(refusal) {}

  std::shared_ptr<detail::SharedQueue> queue_;
  Error refusal_ = Error::no_connection;  // without a queue
};

}  // namespace hawser
