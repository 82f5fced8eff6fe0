#include "receive_buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "deferred_destruction.hpp"

namespace hawser::receive_buffer {

namespace {

struct Free {
  void operator()(std::byte* memory) const noexcept { std::free(memory); }
};

/// Memory from malloc, which returns null when there is none left. `operator new` would end the
/// program.
using Memory = std::unique_ptr<std::byte, Free>;

struct Buffer final : detail::Retirable {
  explicit Buffer(std::size_t at_depth) : Retirable(detail::destroy_as<Buffer>), depth(at_depth) {}

  std::size_t depth;  // of the event that this memory belongs to
  Memory memory;
  std::size_t capacity = 0;

  bool grow_to(std::size_t size, std::size_t kept) noexcept {
    const auto roomy = std::max(std::max<std::size_t>(size, 1024), capacity + capacity / 2);
    return replace(roomy, kept) || replace(size, kept);
  }

 private:
  bool replace(std::size_t size, std::size_t kept) noexcept {
    if (kept == 0)
      memory.reset();  // nothing to copy, so the new block may reuse the old one's address
    Memory larger(static_cast<std::byte*>(std::malloc(size)));
    capacity = 0;
    if (!larger) return false;
    if (kept > 0) std::memcpy(larger.get(), memory.get(), kept);
    memory = std::move(larger);
    capacity = size;
    return true;
  }
};

// Per thread. Plain values, so that access costs nothing.
constinit thread_local std::size_t socket_count = 0;
constinit thread_local Buffer* buffer = nullptr;
constinit thread_local detail::Ring<detail::Link>* readers = nullptr;

/// Not part of `take`, so that the common case has less to set up.
[[gnu::noinline]] bool take_copy(detail::MessageBuffer& into, const std::byte* data,
                                 std::size_t size) noexcept {
  const auto capacity = std::max<std::size_t>(size, 1);
  into.reset(static_cast<std::byte*>(std::malloc(capacity)));
  if (!into) return false;
  into.get_deleter().capacity = capacity;
  std::copy_n(data, size, into.get());
  discard(data);  // otherwise, each of the small messages that follow a large one would be copied
  return true;
}

}  // namespace

void add_socket() noexcept { ++socket_count; }

void remove_socket() noexcept {
  if (--socket_count == 0) delete std::exchange(buffer, nullptr);
}

std::byte* reserve(std::size_t size, const std::byte* begun, std::size_t kept) noexcept {
  if (!buffer || buffer->depth != detail::event_depth()) {
    // If this event is nested in another one, that event still reads the old buffer.
    detail::retire(detail::RetirablePointer(buffer));
    buffer = new (std::nothrow) Buffer(detail::event_depth());
    if (!buffer) return nullptr;
  }
  const bool is_here = begun == buffer->memory.get();
  const bool fits = buffer->memory && size <= buffer->capacity;
  if (!fits && !buffer->grow_to(size, is_here ? kept : 0)) return nullptr;
  std::byte* const place = buffer->memory.get();
  if (!is_here && kept > 0) std::memcpy(place, begun, kept);
  return place;
}

void ask_for_each(detail::Link& reader) {
  if (!readers) readers = new detail::Ring<detail::Link>;
  reader.join(*readers);
}

int room(const std::byte* data) noexcept {
  const bool is_asked_for = readers && !readers->empty();
  const bool is_free = detail::event_depth() == 0 && !is_asked_for && buffer && buffer->depth == 0;
  // The buffer may own different memory by now, for example what an OwnedMessage has freed.
  const auto free = is_free && buffer->memory.get() == data ? buffer->capacity : 0;
  return static_cast<int>(std::min<std::size_t>(free, std::numeric_limits<int>::max()));
}

bool take(detail::MessageBuffer& into, const std::byte* data, std::size_t size,
          std::size_t tolerated_waste) noexcept {
  const bool is_here = buffer && buffer->memory.get() == data;
  if (!is_here || buffer->capacity - size > tolerated_waste) return take_copy(into, data, size);
  into.reset(buffer->memory.release());
  into.get_deleter().capacity = std::exchange(buffer->capacity, 0);
  return true;
}

void discard(const std::byte* data) noexcept {
  if (!buffer || buffer->memory.get() != data) return;
  buffer->memory.reset();
  buffer->capacity = 0;
}

}  // namespace hawser::receive_buffer

void hawser::detail::FreeMessageBuffer::operator()(std::byte* memory) const noexcept {
  using receive_buffer::buffer;
  if (!buffer || buffer->memory) return std::free(memory);
  buffer->memory.reset(memory);
  buffer->capacity = capacity;
}

hawser::detail::MessageBuffer hawser::detail::copy_of(std::span<const std::byte> bytes) noexcept {
  const auto capacity = std::max<std::size_t>(bytes.size(), 1);
  MessageBuffer copy(static_cast<std::byte*>(std::malloc(capacity)), {.capacity = capacity});
  if (!copy) std::abort();
  std::ranges::copy(bytes, copy.get());
  return copy;
}
