#pragma once

#include <cstddef>
#include <cstdint>

namespace hawser::pages {

/// The allocator of a module: blocks in use, and a list of free blocks sorted by address. A request
/// takes the end of the first free block that is large enough. A returned block is merged with its
/// free neighbours.
///
/// Every page loads this code, so it must be small: a tenth of Emscripten's smallest allocator,
/// which can, for example, print messages. Searching the list is slow if many blocks are free. A
/// session has few, because messages leave the outbox in order.
///
/// `Memory::more(size)` returns the address of at least `size` bytes, and sets `size` to how many
/// there are. It returns null if there is no memory.
template <typename Memory>
class FreeList {
 public:
  /// Returns an address that is a multiple of 8, or null if there is no memory.
  void* take(std::size_t size) noexcept {
    if (size > most) return nullptr;
    const std::size_t units =
        size / sizeof(Block) + 2;  // includes the header; at least `size` bytes
    for (;;) {
      for (Block** link = &first_; *link; link = &(*link)->next) {
        Block* block = *link;
        if (block->units < units) continue;
        block->units -= units;
        if (block->units == 0) *link = block->next;
        block += block->units;
        block->units = units;
        return block + 1;
      }
      std::size_t more = units * sizeof(Block);
      auto* const block = static_cast<Block*>(memory.more(more));
      if (!block) return nullptr;
      block->units = more / sizeof(Block);
      give(block + 1);
    }
  }

  /// Frees a block that `take` returned. Does nothing for null.
  void give(void* taken) noexcept {
    if (!taken) return;
    Block* const block = static_cast<Block*>(taken) - 1;
    Block* before = nullptr;
    Block* after = first_;
    for (; after && after < block; after = after->next) before = after;
    if (block + block->units == after) {
      block->units += after->units;
      after = after->next;
    }
    block->next = after;
    if (before && before + before->units == block) {
      before->units += block->units;
      before->next = after;
    } else {
      (before ? before->next : first_) = block;
    }
  }

  [[no_unique_address]] Memory memory;

 private:
  /// The header of a block.
  struct alignas(8) Block {
    std::size_t units;  // the size in units, including this header
    Block* next;        // while it is free
  };

  /// A larger size would overflow.
  static constexpr std::size_t most = SIZE_MAX / 2;

  Block* first_ = nullptr;
};

}  // namespace hawser::pages
