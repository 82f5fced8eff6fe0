#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include <hawser/message.hpp>

namespace hawser {

/// What becomes of a message for which the outbox has no room.
enum class WhenOutboxFull : std::uint8_t {
  refuse,       ///< The call that sends it tells that, as an error.
  drop_oldest,  ///< It is kept, and the oldest go instead, as many as it takes. For what is soon out of date.
  drop_newest,  ///< It is dropped, and the call that sends it tells that without an error.
};

/// Whether a message may wait for the next connection.
enum class Keep : bool {
  no,   ///< Now or never: it goes out on this connection, or is dropped. It is never sent twice, and has no id.
  yes,  ///< It waits until there is a connection.
};

/// What has become of a message.
enum class Delivery : std::uint8_t {
  sent,     ///< Handed to the browser. Whether it arrives, only an acknowledgement of the peer can tell.
  kept,     ///< In the outbox.
  dropped,  ///< Neither, and it never will be.
};

/// Whether the bounds of an outbox hold for a message.
enum class Limits : bool {
  none,   ///< It may go beyond them: it is handed to the browser before the app's turn ends.
  apply,  ///< It waits for a connection, or for the app's confirmation.
};

/// Whether the peer tells which messages it has.
enum class Acknowledgement : bool {
  none,    ///< At most once: a message leaves the outbox when it is handed to the browser.
  by_app,  ///< At least once: it leaves the outbox when the app confirms it by its id.
};

struct OutboxOptions {
  /// Bytes of payload that may be in the outbox. Zero lets in empty messages only. The default is what a slow phone
  /// uploads within seconds of having a connection again, and what many tabs can hold.
  std::size_t max_bytes = 1 << 20;

  /// Messages that may be in the outbox. Zero keeps nothing.
  std::size_t max_messages = 10'000;

  WhenOutboxFull when_full = WhenOutboxFull::refuse;

  Acknowledgement acknowledgement = Acknowledgement::none;
};

/// A copy of a message that was given to the outbox.
class KeptMessage {
 public:
  /// Counted up from 1, in the order of sending; zero for a message with `Keep::no`.
  std::uint64_t id() const noexcept { return id_; }

  operator Message() const& noexcept { return {type_, {data_.get(), size_}}; }
  operator Message() const&& = delete;  // would dangle
  MessageType type() const noexcept { return type_; }
  std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_}; }

 private:
  friend class Outbox;
  struct Free {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };

  KeptMessage(std::uint64_t id, const Message& message) noexcept;

  std::uint64_t id_;
  std::unique_ptr<std::byte, Free> data_;  // null when empty, and where there was no memory
  std::size_t size_;
  MessageType type_;
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
  /// * One larger than `max_bytes` alone, or for which there is no memory, is refused, or dropped by `drop_newest`;
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

}  // namespace hawser
