#pragma once

#include <cstddef>

/// How often this program has called malloc so far, including through operator new.
std::size_t allocations();

/// While this object lives, allocations of `size` bytes or more fail.
class MemoryShortage {
 public:
  explicit MemoryShortage(std::size_t size);
  ~MemoryShortage();
  MemoryShortage(const MemoryShortage&) = delete;
  MemoryShortage& operator=(const MemoryShortage&) = delete;
};

#ifdef __EMSCRIPTEN__

/// While this object lives, every call of malloc grows the heap, which invalidates all views of it.
class MemoryGrowth {
 public:
  MemoryGrowth();
  ~MemoryGrowth();
  MemoryGrowth(const MemoryGrowth&) = delete;
  MemoryGrowth& operator=(const MemoryGrowth&) = delete;
};

#endif
