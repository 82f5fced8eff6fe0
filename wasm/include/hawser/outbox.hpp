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

/// What becomes of a message for which the outbox has no room.
enum class WhenOutboxFull : std::uint8_t {
  refuse,       ///< The call that sends it tells that, as an error.
  drop_oldest,  ///< It is kept, and the oldest go instead, as many as it takes. For what is soon out of date.
  drop_newest,  ///< It is dropped, and the call that sends it tells that without an error.
};

/// The identifier of the value, NUL-terminated. "unknown" for a number that is no value.
constexpr const char* name(WhenOutboxFull choice) noexcept {
  switch (choice) {
    case WhenOutboxFull::refuse: return "refuse";
    case WhenOutboxFull::drop_oldest: return "drop_oldest";
    case WhenOutboxFull::drop_newest: return "drop_newest";
  }
  return "unknown";
}

/// Whether a message may wait for the next connection.
enum class Keep : std::uint8_t {
  no,   ///< Now or never: it goes out on this connection, or is dropped. It is never sent twice, and has no id.
  yes,  ///< It waits until there is a connection.
};

/// What has become of a message.
enum class Delivery : std::uint8_t {
  sent,     ///< Handed to the browser. Whether it arrives, only an acknowledgement of the peer can tell.
  kept,     ///< In the outbox.
  dropped,  ///< Neither, and it never will be.
};

/// The identifier of the value, NUL-terminated. "unknown" for a number that is no value.
constexpr const char* name(Delivery delivery) noexcept {
  switch (delivery) {
    case Delivery::sent: return "sent";
    case Delivery::kept: return "kept";
    case Delivery::dropped: return "dropped";
  }
  return "unknown";
}

/// Whether the peer tells which messages it has.
enum class Acknowledgement : std::uint8_t {
  none,    ///< At most once: a message leaves the outbox when it is handed to the browser.
  by_app,  ///< At least once: it leaves the outbox when the app confirms it by its id.
};

struct OutboxOptions {
  /// Bytes of payload that may be in the outbox. Zero lets in empty messages only. The default is what a slow phone
  /// uploads within seconds of having a connection again, and what many tabs can hold.
  std::size_t max_outbox_bytes = 1 << 20;

  /// Messages that may be in the outbox. Zero keeps nothing.
  std::size_t max_outbox_messages = 10'000;

  WhenOutboxFull when_outbox_full = WhenOutboxFull::refuse;

  Acknowledgement acknowledgement = Acknowledgement::none;
};

/// A copy of a message that was given to the outbox.
class KeptMessage {
 public:
  /// Counted up from 1, in the order of sending; zero for a message with `Keep::no`.
  std::uint64_t id() const noexcept { return id_; }

  MessageType type() const noexcept { return type_; }
  bool is_text() const noexcept { return type_ == MessageType::text; }

  /// The payload, of either type. A message may be empty.
  std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_}; }

  /// The payload as characters: the UTF-8 of a text message, the unchanged bytes of a binary one.
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_.get()), size_}; }

  /// Bytes of payload.
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  operator Message() const& noexcept { return {type_, bytes()}; }
  operator Message() const&& = delete;  // would dangle

 private:
  friend class detail::Outbox;
  struct Free {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };

  KeptMessage(std::uint64_t id, const Message& message) noexcept;

  std::uint64_t id_;
  std::unique_ptr<std::byte, Free> data_;  // null when empty, and where there was no memory
  std::size_t size_;
  MessageType type_;
};

}  // namespace hawser
