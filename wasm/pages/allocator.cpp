// malloc, free, new and delete of the modules for pages (free_list.hpp). If memory runs out, `new`
// ends the program.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "free_list.hpp"

extern "C" {
extern std::byte
    __heap_base;  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming): set by the linker

/// Makes JavaScript create its views of memory again.
void emscripten_notify_memory_growth(std::size_t memory);
}

namespace {

constexpr std::size_t page_size = 65'536;

struct WasmMemory {
  /// Starts with the memory that the linker has left over. After that, asks the engine for an
  /// eighth more, or if that is too much, for what is needed.
  static void* more(std::size_t& size) noexcept {
    const std::size_t pages = __builtin_wasm_memory_size(0);
    auto* const begin = std::exchange(unused, nullptr);
    if (begin) {
      size = pages * page_size - reinterpret_cast<std::uintptr_t>(begin);
      return begin;
    }
    const std::size_t needed = size / page_size + 1;
    std::size_t added = std::max(needed, pages / 8);
    if (__builtin_wasm_memory_grow(0, added) == SIZE_MAX) {
      added = needed;
      if (__builtin_wasm_memory_grow(0, added) == SIZE_MAX) return nullptr;
    }
    emscripten_notify_memory_growth(0);
    size = added * page_size;
    return reinterpret_cast<void*>(pages * page_size);  // NOLINT(performance-no-int-to-ptr)
  }

  static inline std::byte* unused = &__heap_base;
};

constinit hawser::pages::FreeList<WasmMemory> memory;

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return memory.take(size); }

void free(void* taken) { memory.give(taken); }

}  // extern "C"

void* operator new(std::size_t size) {
  void* const taken = memory.take(size);
  if (!taken) std::abort();
  return taken;
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return memory.take(size); }

void operator delete(void* taken) noexcept { memory.give(taken); }

void operator delete(void* taken, std::size_t) noexcept { memory.give(taken); }
