#pragma once

#include <emscripten/heap.h>
#include <malloc.h>

#include <cstddef>

/// What the program has of memory: its heap, and what of that malloc has given.
struct Memory {
  std::size_t heap = emscripten_get_heap_size();
  std::size_t used = static_cast<std::size_t>(mallinfo().uordblks);
  bool operator==(const Memory&) const = default;
};
