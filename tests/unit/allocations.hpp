#pragma once

#include <cstddef>

/// How often this program has called malloc so far, operator new included.
std::size_t allocations();

/// While it lives, there is no memory for `size` bytes or more.
class MemoryShortage {
 public:
  explicit MemoryShortage(std::size_t size);
  ~MemoryShortage();
  MemoryShortage(const MemoryShortage&) = delete;
  MemoryShortage& operator=(const MemoryShortage&) = delete;
};

#ifdef __EMSCRIPTEN__

/// While it lives, each call of malloc makes the heap grow, so that no view of it stays good.
class MemoryGrowth {
 public:
  MemoryGrowth();
  ~MemoryGrowth();
  MemoryGrowth(const MemoryGrowth&) = delete;
  MemoryGrowth& operator=(const MemoryGrowth&) = delete;
};

#endif
