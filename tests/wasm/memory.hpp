#pragma once

#include <emscripten/heap.h>
#include <malloc.h>

#include <cstddef>

/// The program's memory: its heap, and how much of that malloc has handed out.
struct Memory {
  std::size_t heap = emscripten_get_heap_size();
  std::size_t used = static_cast<std::size_t>(mallinfo().uordblks);
  bool operator==(const Memory&) const = default;
};
