#include "allocations.hpp"

#include <atomic>
#include <cstdint>

namespace {
std::atomic<std::size_t> count = 0;
std::size_t too_much = SIZE_MAX;
}  // namespace

// Not every native compiler has __has_feature.
#ifdef __EMSCRIPTEN__
#define ALLOCATIONS_ARE_WATCHED __has_feature(address_sanitizer)
#else
#define ALLOCATIONS_ARE_WATCHED 1
#endif

#ifdef __EMSCRIPTEN__

#include <emscripten/em_js.h>

// clang-format off
EM_JS(void, grow_memory, (), {
  wasmMemory.grow(1);
  updateMemoryViews();
});
// clang-format on

namespace {
bool is_growing = false;
}  // namespace

MemoryGrowth::MemoryGrowth() { is_growing = true; }

MemoryGrowth::~MemoryGrowth() { is_growing = false; }

#endif

namespace {

void note_allocation() {
  count.fetch_add(1, std::memory_order_relaxed);
#ifdef __EMSCRIPTEN__
  if (is_growing) grow_memory();
#endif
}

}  // namespace

#if !ALLOCATIONS_ARE_WATCHED

#include <emscripten/heap.h>

extern "C" void* malloc(std::size_t size) {
  note_allocation();
  return size < too_much ? emscripten_builtin_malloc(size) : nullptr;
}

extern "C" void free(void* memory) { emscripten_builtin_free(memory); }

#else

// Declared in <sanitizer/allocator_interface.h>, which Debian's GCC does not ship.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*,
                                                                           std::size_t),
                                                         void (*on_free)(const volatile void*));

namespace {
const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { note_allocation(); }, [](const volatile void*) {});
}  // namespace

// The linker redirects hawser's calls of malloc to these (--wrap=malloc).
extern "C" void* __real_malloc(std::size_t size);
extern "C" void* __wrap_malloc(std::size_t size) {
  return size < too_much ? __real_malloc(size) : nullptr;
}

#endif

std::size_t allocations() { return count; }

MemoryShortage::MemoryShortage(std::size_t size) { too_much = size; }

MemoryShortage::~MemoryShortage() { too_much = SIZE_MAX; }
