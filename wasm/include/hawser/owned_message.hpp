#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <hawser/detail/message_buffer.hpp>
#include <hawser/message.hpp>

namespace hawser {

namespace detail {
class BoundedInbox;
class ReceiveQueue;
}  // namespace detail

/// A received message that owns its payload.
///
/// It is move-only and may outlive its connection. It has the members of `Message` and converts to
/// one.
class OwnedMessage {
 public:
  /// Creates an empty text message.
  OwnedMessage() noexcept = default;

  /// Creates a copy of `message`. Aborts the program if there is no memory for it.
  explicit OwnedMessage(const Message& message)
      : buffer_(detail::copy_of(message.bytes())), size_(message.size()), type_(message.type()) {}

  /// Takes over the payload, and leaves `other` empty.
  OwnedMessage(OwnedMessage&& other) noexcept
      : buffer_(std::move(other.buffer_)),
        size_(std::exchange(other.size_, 0)),
        type_(other.type_) {}
  OwnedMessage& operator=(OwnedMessage&& other) noexcept {
    buffer_ = std::move(other.buffer_);
    size_ = std::exchange(other.size_, 0);
    type_ = other.type_;
    return *this;
  }

  /// The type of the message.
  MessageType type() const noexcept { return type_; }

  /// Whether it is a text message.
  bool is_text() const noexcept { return type_ == MessageType::text; }

  /// The payload, whatever the type. It may be empty.
  std::span<const std::byte> bytes() const noexcept { return {buffer_.get(), size_}; }

  /// The payload as characters: UTF-8 for text, the unchanged bytes for binary.
  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(buffer_.get()), size_};
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
  friend class detail::BoundedInbox;
  friend class detail::ReceiveQueue;
  OwnedMessage(detail::MessageBuffer buffer, std::size_t size, MessageType type) noexcept
      : buffer_(std::move(buffer)), size_(size), type_(type) {}

  detail::MessageBuffer buffer_;
  std::size_t size_ = 0;
  MessageType type_ = MessageType::text;
};

}  // namespace hawser
