#include "allocations.hpp"

#ifdef __EMSCRIPTEN__

#include <emscripten/heap.h>

namespace {
std::size_t count = 0;
}

extern "C" void* malloc(std::size_t size) {
  ++count;
  return emscripten_builtin_malloc(size);
}

extern "C" void free(void* memory) { emscripten_builtin_free(memory); }

#else

#include <sanitizer/allocator_interface.h>

namespace {
std::size_t count = 0;
const int hooks = __sanitizer_install_malloc_and_free_hooks([](const volatile void*, std::size_t) { ++count; },
                                                            [](const volatile void*) {});
}  // namespace

#endif

std::size_t allocations() { return count; }
