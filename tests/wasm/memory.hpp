#pragma once

#include <emscripten/heap.h>
#include <malloc.h>

#include <algorithm>
#include <cstddef>

/// The program's memory: its heap, and how much of that malloc has handed out.
struct Memory {
  std::size_t heap = emscripten_get_heap_size();
  std::size_t used = static_cast<std::size_t>(mallinfo().uordblks);
};

/// Counts how often more memory is in use than ever before. A leak makes it grow with every look.
/// Without a leak it grows a few times at most: malloc rounds sizes up, by how much depends on what
/// earlier tests have freed, and their last sockets end whenever their server answers.
class MemoryWatch {
 public:
  void look() {
    const Memory now;
    if (now.used > most_.used || now.heap > most_.heap) ++growths_;
    most_.used = std::max(most_.used, now.used);
    most_.heap = std::max(most_.heap, now.heap);
    ++looks_;
  }

  int looks() const { return looks_; }
  int growths() const { return growths_; }
  bool found_leak() const { return growths_ >= looks_ / 5; }

 private:
  Memory most_;
  int looks_ = 0;
  int growths_ = 0;
};
