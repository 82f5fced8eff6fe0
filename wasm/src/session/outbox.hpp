#pragma once

#include <hawser/message.hpp>
#include <hawser/outbox.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hawser::detail {

/// Whether the bounds of an outbox hold for a message.
enum class Limits : std::uint8_t {
  none,   ///< It may go beyond them: it is handed to the browser before the app's turn ends.
  apply,  ///< It waits for a connection, or for the app's confirmation.
};

/// What is to be sent and is not out of the app's hands yet: in order, bounded, and handed out once for each
/// connection.
///
/// Without acknowledgement a message leaves when it is handed to the browser, and is never sent twice: what was under
/// way when the connection was lost is lost with it.
///
/// With acknowledgement it stays, and counts for the bounds, until the app confirms its id. After a reconnect all that
/// are not confirmed are handed out again, in order and before newer ones, so that the peer gets every message at least
/// once, and knows by an id in the message (see `next_id`) what it has already. A confirmation may come at any time
/// after the first handing over, also before the message was sent again: a peer that tells on connecting what it has
/// saves the repetition.
class Outbox {
 public:
  explicit Outbox(const OutboxOptions& options = {}) noexcept : options_(options) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  struct Pushed {
    Delivery delivery = Delivery::dropped;  ///< `kept` or `dropped`.
    bool is_refused = false;                ///< Dropped, and the caller is to be told by an error.
    std::uint64_t id = 0;                   ///< Of the message that was kept.
    std::vector<KeptMessage> dropped = {};  ///< What had to go for it, the oldest first.
  };

  /// Takes a copy of `message`, to be sent after all that are here already.
  ///
  /// * One larger than `max_outbox_bytes` alone, or for which there is no memory, is refused, or dropped by `drop_newest`;
  ///   nothing else goes for it.
  /// * With `drop_oldest` and acknowledgement, messages under way are the oldest: such a message may have arrived, but
  ///   if it did not, it isn't sent again.
  /// * With `Keep::no` it is dropped without a connection, and where there is no room, so that it never displaces a
  ///   message that is kept.
  /// * With `Limits::none` there is always room.
  Pushed push(const Message& message, Keep keep = Keep::yes, Limits limits = Limits::apply);

  /// The id that the next message with `Keep::yes` gets if it is kept. One that is refused or dropped uses up none.
  std::uint64_t next_id() const noexcept { return next_id_; }

  /// There is a connection, and what the app sends first on each has been sent: `next` gives the oldest message again.
  void connection_open() noexcept;

  /// The connection is gone. With acknowledgement, what it was given and nobody confirmed is to be sent again. Gives
  /// the messages with `Keep::no` that it was not given any more: they are dropped.
  std::vector<KeptMessage> connection_lost();

  /// The oldest message that this connection was not given yet; null when there is none, and without a connection. It
  /// lives until the outbox changes.
  const KeptMessage* next() const noexcept;

  /// What `next` gives was handed to the browser. Does nothing when that is null.
  void handed_over();

  /// What `next` gives cannot be sent at all, and is dropped: gives it. Empty when `next` gives none.
  std::vector<KeptMessage> drop_next();

  /// The peer has message `id` and all before it. Gives how many left the outbox.
  ///
  /// Never takes out what was not handed over once, on this connection or another. An id that no message had that was
  /// handed over (zero, or one from a session before this) confirms nothing, rather than what the peer may not have.
  /// One that was confirmed or dropped before is none's any more, but those before it are confirmed.
  std::size_t acknowledge(std::uint64_t id);

  /// The peer has message `id`, and maybe not those before it. Gives how many left the outbox: 0 or 1.
  std::size_t acknowledge_one(std::uint64_t id);

  /// Empties the outbox, as when its session stops: all that is here is dropped. Ids go on where they were.
  std::vector<KeptMessage> clear();

  /// Messages here: those that were not handed over and, with acknowledgement, those that were not confirmed.
  std::size_t size() const noexcept { return messages_.size() - first_; }

  /// Bytes of payload here.
  std::size_t bytes() const noexcept { return bytes_; }

  /// Messages here that this connection was not given yet; without a connection, all.
  std::size_t waiting() const noexcept { return size() - given_; }

  /// Messages that were dropped or refused since the beginning.
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  bool has_room_for(std::size_t payload) const noexcept;
  KeptMessage take(std::size_t index);
  std::size_t find(std::uint64_t id) const noexcept;
  Pushed drop(Keep keep) noexcept;

  OutboxOptions options_;
  std::vector<KeptMessage> messages_;  // from first_ on; those before have left
  std::size_t first_ = 0;
  std::size_t given_ = 0;         // how many from first_ on this connection was given
  std::size_t given_before_ = 0;  // how many any connection was given; never less than given_
  std::size_t bytes_ = 0;
  std::uint64_t next_id_ = 1;
  std::uint64_t last_given_id_ = 0;
  std::uint64_t dropped_ = 0;
  bool is_connected_ = false;
};

}  // namespace hawser::detail
