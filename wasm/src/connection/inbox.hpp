#pragma once

#include <cstddef>

#include <hawser/owned_message.hpp>

namespace hawser::detail {

/// Messages that nobody waited for, the oldest first. A std::deque would end the program where there is no memory.
class Inbox {
 public:
  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  ~Inbox();

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  OwnedMessage& front() noexcept { return first_->messages[begin_]; }
  void pop_front() noexcept;

  /// Whether there is memory for another; without, nothing has changed.
  bool make_room() noexcept;

  /// After make_room.
  void push_back(OwnedMessage message) noexcept;

 private:
  static constexpr std::size_t block_size = 64;

  struct Block {
    OwnedMessage messages[block_size];
    Block* next = nullptr;
  };

  Block* first_ = nullptr;
  Block* last_ = nullptr;
  std::size_t begin_ = 0;  // in the first block
  std::size_t end_ = 0;    // in the last one
  std::size_t size_ = 0;
};

}  // namespace hawser::detail
