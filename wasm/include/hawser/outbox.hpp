#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

#include <hawser/message.hpp>

namespace hawser {

namespace detail {
class Outbox;
}  // namespace detail

/// What happens to a message when the outbox is full.
enum class WhenOutboxFull : std::uint8_t {
  /// `send` returns `Error::outbox_full`.
  refuse,
  /// The message is kept, and as many of the oldest messages as necessary are dropped. For data
  /// that soon becomes outdated. A message larger than the whole outbox is refused.
  drop_oldest,
  /// The message is dropped. `send` returns `Delivery::dropped`, not an error.
  drop_newest,
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(WhenOutboxFull choice) noexcept {
  switch (choice) {
    case WhenOutboxFull::refuse: return "refuse";
    case WhenOutboxFull::drop_oldest: return "drop_oldest";
    case WhenOutboxFull::drop_newest: return "drop_newest";
  }
  return "unknown";
}

/// Whether a message may wait for a connection.
enum class Keep : std::uint8_t {
  /// It is sent on the current connection, or dropped. It has no id and is never sent twice.
  no,
  /// It waits in the outbox until the session is connected.
  yes,
};

/// What happened to a message.
enum class Delivery : std::uint8_t {
  sent,     ///< Handed to the browser. Only the peer can confirm that it arrived.
  kept,     ///< Copied to the outbox, to be sent later.
  dropped,  ///< Discarded. It will never be sent.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(Delivery delivery) noexcept {
  switch (delivery) {
    case Delivery::sent: return "sent";
    case Delivery::kept: return "kept";
    case Delivery::dropped: return "dropped";
  }
  return "unknown";
}

/// Whether the peer acknowledges messages.
enum class Acknowledgement : std::uint8_t {
  none,    ///< At most once: a message leaves the outbox when the browser gets it.
  by_app,  ///< At least once: it leaves the outbox when the application acknowledges its id.
};

/// The limits of a session's outbox, and how messages leave it.
struct OutboxOptions {
  /// The capacity of the outbox, in bytes of payload. Zero admits only empty messages.
  ///
  /// With the default, a slow phone can upload a full outbox within seconds of reconnecting, and
  /// many tabs can hold one in memory.
  std::size_t max_outbox_bytes = 1 << 20;

  /// The capacity of the outbox, in messages. Zero keeps nothing.
  std::size_t max_outbox_messages = 10'000;

  /// What happens when the outbox is full. By default no loss goes unnoticed.
  WhenOutboxFull when_outbox_full = WhenOutboxFull::refuse;

  /// When a message leaves the outbox. `by_app` needs a server that acknowledges messages.
  Acknowledgement acknowledgement = Acknowledgement::none;
};

/// Whether a message was handed to the browser before.
enum class WasSent : std::uint8_t {
  no,   ///< No: the peer can't have it.
  yes,  ///< Yes, or unknown: the peer may have it.
};

/// A message that the outbox holds, or has dropped. It owns a copy of the payload.
class KeptMessage {
 public:
  /// Creates a message from stored data, for `SessionOutbox::restore`.
  ///
  /// Copies the payload. If there is no memory for that, the message is empty, and `restore`
  /// refuses it.
  KeptMessage(std::uint64_t id, const Message& message, WasSent was_sent = WasSent::no) noexcept;

  /// The id of the message. Ids count up from 1 in the order of sending. With `Keep::no` it is 0.
  std::uint64_t id() const noexcept { return id_; }

  /// The type of the message.
  MessageType type() const noexcept { return type_; }

  /// Whether it is a text message.
  bool is_text() const noexcept { return type_ == MessageType::text; }

  /// Whether it was handed to the browser before, so that the peer may have it.
  ///
  /// Such messages are in the outbox only with `Acknowledgement::by_app`.
  bool was_sent() const noexcept { return was_sent_; }

  /// The payload, whatever the type. It may be empty.
  std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_}; }

  /// The payload as characters: UTF-8 for text, the unchanged bytes for binary.
  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(data_.get()), size_};
  }

  /// The size of the payload, in bytes.
  std::size_t size() const noexcept { return size_; }

  /// Whether the payload is empty.
  bool empty() const noexcept { return size_ == 0; }

  /// Converts to a view, which must not outlive this object.
  operator Message() const& noexcept { return {type_, bytes()}; }

  /// A view of a temporary would dangle, so it does not compile.
  operator Message() const&& = delete;

 private:
  friend class detail::Outbox;
  struct Free {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };

  std::uint64_t id_;
  std::unique_ptr<std::byte, Free> data_;  // null if empty, or if out of memory
  std::size_t size_;
  MessageType type_;
  bool was_sent_;
  bool is_whole_ = true;  // false if there was no memory for the payload
};

}  // namespace hawser
