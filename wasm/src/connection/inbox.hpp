#pragma once

#include <cstddef>

#include <hawser/owned_message.hpp>

namespace hawser::detail {

/// A queue of messages. Unlike a `std::deque`, it reports an error when memory runs out instead of
/// ending the program.
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

  /// Returns an empty message to fill, or null if there is no memory.
  OwnedMessage* make_room() noexcept;

  /// Adds that message to the queue.
  void push_back() noexcept {
    ++end_;
    ++size_;
  }

 private:
  static constexpr std::size_t block_size = 64;

  struct Block {
    OwnedMessage messages[block_size];
    Block* next = nullptr;
  };

  Block* first_ = nullptr;
  Block* last_ = nullptr;
  std::size_t begin_ = 0;  // index in the first block
  std::size_t end_ = 0;    // index in the last block
  std::size_t size_ = 0;
};

}  // namespace hawser::detail
