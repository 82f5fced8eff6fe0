#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace hawser::detail {

/// Memory for a message. When freed, it is kept for the next message of this thread.
struct FreeMessageBuffer {
  std::size_t capacity = 0;
  void operator()(std::byte* memory) const noexcept;
};
using MessageBuffer = std::unique_ptr<std::byte, FreeMessageBuffer>;

/// Aborts if there is no memory.
MessageBuffer copy_of(std::span<const std::byte> bytes) noexcept;

}  // namespace hawser::detail
