#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <hawser/detail/message_buffer.hpp>
#include <hawser/message.hpp>

namespace hawser {

namespace detail {
class Mailbox;
}  // namespace detail

/// A received message that has its data: keep it, move it, hand it on. Like a `Message`, which it becomes where one
/// is wanted.
class OwnedMessage {
 public:
  /// Empty text.
  OwnedMessage() noexcept = default;

  OwnedMessage(OwnedMessage&& other) noexcept
      : buffer_(std::move(other.buffer_)), size_(std::exchange(other.size_, 0)), type_(other.type_) {}
  OwnedMessage& operator=(OwnedMessage&& other) noexcept {
    buffer_ = std::move(other.buffer_);
    size_ = std::exchange(other.size_, 0);
    type_ = other.type_;
    return *this;
  }

  MessageType type() const noexcept { return type_; }
  bool is_text() const noexcept { return type_ == MessageType::text; }

  /// The payload, of either type. A message may be empty.
  std::span<const std::byte> bytes() const noexcept { return {buffer_.get(), size_}; }

  /// The payload as characters: the UTF-8 of a text message, the unchanged bytes of a binary one.
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(buffer_.get()), size_}; }

  /// Bytes of payload.
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  operator Message() const& noexcept { return {type_, bytes()}; }
  operator Message() const&& = delete;  // would dangle

 private:
  friend class detail::Mailbox;
  OwnedMessage(detail::MessageBuffer buffer, std::size_t size, MessageType type) noexcept
      : buffer_(std::move(buffer)), size_(size), type_(type) {}

  detail::MessageBuffer buffer_;
  std::size_t size_ = 0;
  MessageType type_ = MessageType::text;
};

}  // namespace hawser
