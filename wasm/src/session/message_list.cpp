#include "message_list.hpp"

#include <cstring>
#include <memory>

namespace hawser::detail {

namespace {

/// A message is an owning pointer and some numbers, so it can be moved by copying its bytes.
void relocate(KeptMessage* from, KeptMessage* to, std::size_t count) noexcept {
  if (count > 0)
    std::memmove(static_cast<void*>(to), static_cast<const void*>(from),
                 count * sizeof(KeptMessage));
}

}  // namespace

MessageList::~MessageList() {
  std::destroy_n(first_, size_);
  ::operator delete(memory_);
}

void MessageList::swap(MessageList& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(capacity_, other.capacity_);
  std::swap(first_, other.first_);
  std::swap(size_, other.size_);
}

/// Makes room for `count` messages at `index`. The caller constructs them there. Room at the front
/// is reused once it is at least half of the memory.
KeptMessage* MessageList::make_room(std::size_t index, std::size_t count) {
  KeptMessage* const from = first_;
  KeptMessage* const old = memory_;
  const std::size_t needed = size_ + count;
  if (needed > capacity_ - static_cast<std::size_t>(from - old)) {
    if (2 * needed > capacity_) {
      capacity_ = 2 * needed;
      memory_ = static_cast<KeptMessage*>(::operator new(capacity_ * sizeof(KeptMessage)));
    }
    first_ = memory_;
  }
  relocate(from, first_, index);
  relocate(from + index, first_ + index + count, size_ - index);
  size_ = needed;
  if (old != memory_) ::operator delete(old);
  return first_ + index;
}

void MessageList::push_back(KeptMessage message) {
  std::construct_at(make_room(size_, 1), std::move(message));
}

void MessageList::push_front(std::span<KeptMessage> messages) {
  std::uninitialized_move_n(messages.data(), messages.size(), make_room(0, messages.size()));
}

KeptMessage MessageList::take(std::size_t index) noexcept {
  KeptMessage taken = std::move(first_[index]);
  std::destroy_at(&first_[index]);
  --size_;
  if (index == 0) {
    ++first_;
  } else {
    relocate(first_ + index + 1, first_ + index, size_ - index);
  }
  return taken;
}

}  // namespace hawser::detail
