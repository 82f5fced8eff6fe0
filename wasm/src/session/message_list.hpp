#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <hawser/outbox.hpp>

namespace hawser::detail {

/// Kept messages, oldest first. Unlike a `std::vector`, it removes messages from the front quickly.
/// It also moves messages as bytes, which takes a fifth of the code.
class MessageList {
 public:
  MessageList() = default;
  MessageList(MessageList&& other) noexcept { swap(other); }
  MessageList& operator=(MessageList&& other) noexcept {
    MessageList old(std::move(other));
    swap(old);
    return *this;
  }
  ~MessageList();

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  KeptMessage* begin() noexcept { return first_; }
  KeptMessage* end() noexcept { return first_ + size_; }
  const KeptMessage* begin() const noexcept { return first_; }
  const KeptMessage* end() const noexcept { return first_ + size_; }
  KeptMessage& operator[](std::size_t index) noexcept { return first_[index]; }
  const KeptMessage& operator[](std::size_t index) const noexcept { return first_[index]; }

  void push_back(KeptMessage message);

  /// Moves these messages in front of the others.
  void push_front(std::span<KeptMessage> messages);

  /// Removes the message at `index`, and returns it.
  KeptMessage take(std::size_t index) noexcept;

 private:
  void swap(MessageList& other) noexcept;
  KeptMessage* make_room(std::size_t index, std::size_t count);

  KeptMessage* memory_ = nullptr;
  std::size_t capacity_ = 0;
  KeptMessage* first_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace hawser::detail
