#pragma once

#include "../connection/receive_queue.hpp"

namespace hawser::detail {

#ifdef HAWSER_PAGES

/// For the module for pages, where messages are JavaScript values. Keeps nothing.
class SessionInbox {
 public:
  explicit constexpr SessionInbox(const InboxLimits&) noexcept {}
  static constexpr std::optional<Error> received(const Message&) noexcept { return std::nullopt; }
  static constexpr std::optional<Error> store(const Message&) noexcept { return std::nullopt; }
  static constexpr void close(const CloseEvent&) noexcept {}
  static constexpr void reset() noexcept {}
  static OwnedMessage take() noexcept { return {}; }
  static constexpr bool empty() noexcept { return true; }
  static constexpr std::uint64_t dropped() noexcept { return 0; }
};

#else

/// Holds the messages of a session that has no handler for them.
using SessionInbox = ReceiveQueue;

#endif

}  // namespace hawser::detail
