#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hawser/error.hpp>
#include <hawser/web_socket.hpp>

namespace hawser::detail {

/// Subprotocols in the format of the seam: each ends with a comma. Not a std::string, because
/// growing one takes more code than all the rest of `WebSocket::open`.
struct OfferedProtocols {
  std::string_view view() const noexcept { return {text.get(), size}; }

  std::unique_ptr<char[]> text;
  std::size_t size = 0;
};

}  // namespace hawser::detail
