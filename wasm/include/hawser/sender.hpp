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
  /// How much may wait for the thread of the connection, in bytes. Each message counts its payload
  /// and 16 bytes.
  ///
  /// A single message may be larger.
  std::size_t max_queued_bytes = std::size_t{1} << 20;
};

/// What became of the messages of a `Sender` and its copies.
struct SenderCounters {
  /// Messages that the connection's own `send` accepted.
  std::uint64_t sent = 0;

  /// Messages that were queued and could not be sent.
  std::uint64_t dropped = 0;

  /// Why the last of these could not be sent: an error of the connection's own `send`, or
  /// `already_closed` if the connection ended first.
  std::optional<Error> last_drop = std::nullopt;

  /// Messages that wait for the connection's thread now.
  std::size_t queued = 0;

  /// The size of those messages, in bytes of payload.
  std::size_t queued_bytes = 0;
};

/// Sends messages from any thread.
///
///     std::thread worker([sender = socket.sender()] { sender.send("from another thread"); });
///
/// On the thread of the connection, `send` is the connection's own `send`. On any other thread it
/// copies the message into a queue and returns at once. The connection's thread sends the queued
/// messages in its next turn of the event loop, those of each thread in order.
///
/// A sender can be copied, and all copies share the queue. It may outlive its connection: then it
/// sends nothing. Any thread may call, copy, move and destroy it, but two threads must not use the
/// same object if one of them assigns to it or destroys it. Give each thread its own copy.
///
/// The thread of the connection must return to its event loop, as a browser's main thread does. If
/// it ends, queued messages are lost.
///
/// A session ends for its senders when it is destroyed. While it is stopped, messages are queued and
/// then dropped.
class Sender {
 public:
  /// Creates a sender without a connection.
  Sender() noexcept = default;

  /// Sends or queues text, bytes or a `Message` (see `Payload`).
  ///
  /// Errors on other threads: `would_block`, if the queue is full; `out_of_memory`; `invalid_utf8`; `already_closed`, after the end of the connection; `no_connection`;
  /// `wrong_thread`, if the sender was made on another thread than the connection's. The message was not queued
  /// then. Errors on the connection's thread: those of its own `send`, or of `try_send` for a
  /// `Connection`.
  ///
  /// A message that is queued while the connection is still connecting waits for it.
  std::expected<void, Error> send(Payload payload) const;

  /// What became of the messages. Works after the end of the connection, too.
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
