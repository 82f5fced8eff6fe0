#pragma once

#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/outbox.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "message_list.hpp"

namespace hawser::detail {

/// Whether the limits of an outbox apply to a message.
enum class Limits : std::uint8_t {
  none,   ///< No: the message is handed to the browser in the same turn of the event loop.
  apply,  ///< Yes: the message waits for a connection, or for the app's acknowledgement.
};

/// The queue of outgoing messages: in order, with limits, and handed over once per connection.
///
/// Without acknowledgement, a message leaves the outbox when it is handed to the browser, and is
/// never sent twice. If the connection is lost before the message has arrived, so is the message.
///
/// With acknowledgement, a message stays in the outbox, and counts towards the limits, until the
/// app acknowledges its id. After a reconnect, all unacknowledged messages are handed over again,
/// in order and before newer ones. So the peer gets each message at least once, and can recognise
/// duplicates by an id in the message (see `next_id`).
///
/// The app may acknowledge a message at any time after it was first handed over, even before it is
/// sent again. If the peer reports on connecting which messages it has received, they need not be
/// sent again.
class Outbox {
 public:
  explicit Outbox(const OutboxOptions& options = {}) noexcept : options_(options) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  struct Pushed {
    Delivery delivery = Delivery::dropped;  ///< `kept` or `dropped`.
    bool is_refused = false;                ///< Dropped, and the caller should return an error.
    std::uint64_t id = 0;                   ///< The id of the message, if it was kept.
    MessageList dropped = {};  ///< Older messages that made room for it, the oldest first.
  };

  /// Appends a copy of `message`.
  ///
  /// * A message that is larger than `max_outbox_bytes`, or for which there is no memory, is
  ///   refused, or dropped with `drop_newest`. No other message is dropped for it.
  /// * With `drop_oldest` and acknowledgement, the oldest messages are those that were handed over.
  ///   Such a message may have arrived. If it has not, it isn't sent again.
  /// * With `Keep::no`, the message is dropped if there is no connection or no room. It never
  ///   displaces a kept message.
  /// * With `Limits::none`, there is always room.
  Pushed push(const Message& message, Keep keep = Keep::yes, Limits limits = Limits::apply);

  /// The id that the next message with `Keep::yes` gets if it is kept. Refused and dropped messages
  /// get no id.
  std::uint64_t next_id() const noexcept { return next_id_; }

  /// A connection has opened: `next` returns the oldest message again.
  void connection_open() noexcept;

  /// The connection has ended. With acknowledgement, unacknowledged messages will be sent again.
  /// Returns the messages with `Keep::no` that were not handed over, which are dropped.
  MessageList connection_lost();

  /// The oldest message that was not handed over to this connection. Null if there is none, or no
  /// connection. It is valid until the outbox changes.
  const KeptMessage* next() const noexcept;

  /// The message that `next` returns was handed to the browser. Does nothing if that is null.
  void handed_over();

  /// Drops the message that `next` returns, because it can't be sent at all, and returns it. Empty
  /// if `next` returns null.
  MessageList drop_next();

  /// The peer has message `id` and all earlier ones. Returns how many messages left the outbox.
  ///
  /// A message that was never handed over stays. An id that was never handed over (zero, or one of
  /// an earlier session) acknowledges nothing, because the peer can't mean these messages. If
  /// message `id` has already left the outbox, the messages before it are still acknowledged.
  std::size_t acknowledge(std::uint64_t id);

  /// The peer has message `id`, but maybe not the earlier ones. Returns how many messages left the
  /// outbox: 0 or 1.
  std::size_t acknowledge_one(std::uint64_t id);

  /// Drops all messages and returns them. The ids of later messages continue.
  MessageList clear();

  /// Removes all messages, except those with `Keep::no`, and returns them. They don't count as
  /// dropped.
  MessageList take_all();

  /// Moves messages in front of those in the outbox. Later ids continue after theirs, and start at
  /// `next_id` or higher.
  ///
  /// If it can't, returns the error and changes nothing: see `SessionOutbox::restore`. The caller
  /// has validated the text.
  std::optional<Error> restore(std::span<KeptMessage> messages, std::uint64_t next_id);

  /// All messages in the outbox, oldest first. Valid until the outbox changes.
  std::span<const KeptMessage> messages() const noexcept { return messages_; }

  /// The number of messages in the outbox: those not handed over and, with acknowledgement, those
  /// not acknowledged.
  std::size_t size() const noexcept { return messages_.size(); }

  /// The payload in the outbox, in bytes.
  std::size_t bytes() const noexcept { return bytes_; }

  /// The number of messages that were not handed over to this connection. All messages, if there is
  /// no connection.
  std::size_t waiting() const noexcept { return size() - given_; }

  /// The number of messages that were dropped or refused so far.
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  bool has_room_for(std::size_t payload) const noexcept { return has_room_for(1, payload); }
  bool has_room_for(std::size_t count, std::size_t payload) const noexcept;
  std::optional<Error> refusal(std::span<const KeptMessage> messages) const noexcept;
  KeptMessage take(std::size_t index);
  MessageList take_from(std::size_t index, Keep keep);
  std::size_t find(std::uint64_t id) const noexcept;
  Pushed drop(Keep keep) noexcept;

  OutboxOptions options_;
  MessageList messages_;
  std::size_t given_ = 0;  // how many messages from the front were handed over to this connection
  std::size_t given_before_ = 0;  // the same for any connection; never less than given_
  std::size_t bytes_ = 0;
  std::uint64_t next_id_ = 1;
  std::uint64_t last_given_id_ = 0;
  std::uint64_t dropped_ = 0;
  bool is_connected_ = false;
};

}  // namespace hawser::detail
