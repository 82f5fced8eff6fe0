#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace hawser::detail {

/// Memory for a message. Freed memory is kept for the thread's next message.
struct FreeMessageBuffer {
  std::size_t capacity = 0;
  void operator()(std::byte* memory) const noexcept;
};
using MessageBuffer = std::unique_ptr<std::byte, FreeMessageBuffer>;

/// Copies `bytes`. Aborts if memory runs out.
MessageBuffer copy_of(std::span<const std::byte> bytes) noexcept;

}  // namespace hawser::detail
