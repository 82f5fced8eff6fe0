#include "inbox.hpp"

#include <cstdlib>
#include <memory>
#include <utility>

namespace hawser::detail {

Inbox::~Inbox() {
  while (!empty()) pop_front();
  std::free(first_);
}

OwnedMessage* Inbox::make_room() noexcept {
  if (!last_ || end_ == block_size) {
    // malloc returns null when memory runs out; new would end the program.
    void* const memory = std::malloc(sizeof(Block));
    if (!memory) return nullptr;
    Block* const block = std::construct_at(static_cast<Block*>(memory));
    (last_ ? last_->next : first_) = block;
    last_ = block;
    end_ = 0;
  }
  return &last_->messages[end_];
}

/// Keeps the last block, so that an inbox that is emptied regularly does not allocate.
void Inbox::pop_front() noexcept {
  front() = OwnedMessage();
  ++begin_;
  --size_;
  if (size_ == 0 && first_ == last_) {
    begin_ = end_ = 0;
  } else if (begin_ == block_size) {
    std::free(std::exchange(first_, first_->next));
    begin_ = 0;
  }
}

}  // namespace hawser::detail
