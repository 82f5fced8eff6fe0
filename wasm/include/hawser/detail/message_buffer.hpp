#pragma once

#include <cstddef>
#include <memory>

namespace hawser::detail {

/// Memory for a message. When freed, it is kept for the next message of this thread.
struct FreeMessageBuffer {
  std::size_t capacity = 0;
  void operator()(std::byte* memory) const noexcept;
};
using MessageBuffer = std::unique_ptr<std::byte, FreeMessageBuffer>;

}  // namespace hawser::detail
