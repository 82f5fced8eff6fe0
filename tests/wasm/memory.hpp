#pragma once

#include <emscripten/heap.h>
#include <malloc.h>

#include <concepts>
#include <cstddef>

/// The program's memory: its heap, and how much of that malloc has handed out.
struct Memory {
  std::size_t heap = emscripten_get_heap_size();
  std::size_t used = static_cast<std::size_t>(mallinfo().uordblks);
};

/// Whether more memory is in use after each of three runs of `action` than before it. One such run
/// is no leak: malloc rounds sizes up, depending on what earlier tests have freed.
template <std::invocable Action>
bool leaks(Action action) {
  for (int i = 0; i < 3; ++i) {
    const Memory before;
    action();
    const Memory after;
    if (after.used <= before.used && after.heap <= before.heap) return false;
  }
  return true;
}
