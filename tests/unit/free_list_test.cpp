#include "../../wasm/pages/free_list.hpp"

#include <catch_amalgamated.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

namespace {

/// Memory that grows by at least `step` bytes, up to a limit.
struct Memory {
  static constexpr std::size_t most = 65'536;
  static constexpr std::size_t step = 4096;

  struct alignas(16) Unit {
    std::byte bytes[16];
  };

  std::vector<Unit> units = std::vector<Unit>(most / sizeof(Unit));
  std::size_t used = 0;

  void* more(std::size_t& size) {
    size = (size / step + 1) * step;
    if (size > most - used) return nullptr;
    return reinterpret_cast<std::byte*>(units.data()) + std::exchange(used, used + size);
  }
};

using FreeList = hawser::pages::FreeList<Memory>;

/// A block in use, filled with its own byte.
struct Block {
  unsigned char* begin;
  std::size_t size;
  unsigned char filling;

  bool is_whole() const {
    for (std::size_t i = 0; i < size; ++i) {
      if (begin[i] != filling) return false;
    }
    return true;
  }
};

Block take(FreeList& list, std::size_t size, unsigned char filling) {
  auto* const begin = static_cast<unsigned char*>(list.take(size));
  if (begin) std::memset(begin, filling, size);
  return {begin, begin ? size : 0, filling};
}

/// Takes blocks of `size` bytes until memory runs out.
std::vector<void*> take_all(FreeList& list, std::size_t size) {
  std::vector<void*> taken;
  while (void* const one = list.take(size)) taken.push_back(one);
  return taken;
}

}  // namespace

TEST_CASE("freed blocks are joined in any order, until one block can have all memory") {
  FreeList list;
  auto taken = take_all(list, 100);
  CHECK(list.memory.used == Memory::most);
  CHECK(taken.size() > Memory::most / 150);
  std::mt19937 random(7);
  std::ranges::shuffle(taken, random);
  for (void* const one : taken) list.give(one);
  CHECK(list.take(Memory::most - 64));
}

TEST_CASE("memory is reused before more is requested") {
  FreeList list;
  for (int i = 0; i < 1000; ++i) {
    void* const one = list.take(1000);
    void* const other = list.take(10);
    REQUIRE((one && other));
    list.give(one);
    list.give(other);
  }
  CHECK(list.memory.used == Memory::step);
}

TEST_CASE("when memory runs out, no block is returned, and existing blocks stay usable") {
  FreeList list;
  CHECK(list.take(SIZE_MAX) == nullptr);
  CHECK(list.take(SIZE_MAX / 2) == nullptr);
  CHECK(list.take(Memory::most) == nullptr);
  list.give(nullptr);
  const auto taken = take_all(list, 8000);
  REQUIRE_FALSE(taken.empty());
  CHECK(list.take(8000) == nullptr);
  list.give(taken.front());
  CHECK(list.take(8000));
}

TEST_CASE("blocks are aligned and never overlap, in any order of calls") {
  std::mt19937 random(42);
  const auto below = [&](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  FreeList list;
  std::vector<Block> blocks;
  std::size_t failures = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (below(100) < 55) {
      const std::size_t size = below(10) == 0 ? below(6000) : below(200);
      const Block block = take(list, size, static_cast<unsigned char>(i));
      if (!block.begin) {
        ++failures;
        continue;
      }
      REQUIRE(reinterpret_cast<std::uintptr_t>(block.begin) % 8 == 0);
      blocks.push_back(block);
    } else if (!blocks.empty()) {
      std::swap(blocks[below(blocks.size())], blocks.back());
      REQUIRE(blocks.back().is_whole());
      list.give(blocks.back().begin);
      blocks.pop_back();
    }
  }
  CHECK(failures > 0);  // otherwise memory never ran out
  for (const Block& block : blocks) {
    REQUIRE(block.is_whole());
    list.give(block.begin);
  }
  CHECK(list.take(list.memory.used - 64));
}
