#pragma once

#include <cstddef>
#include <cstdint>

#include <hawser/connect_options.hpp>
#include <hawser/detail/maybe_error.hpp>
#include <hawser/message.hpp>
#include <hawser/owned_message.hpp>

#include "inbox.hpp"

namespace hawser::detail {

struct InboxLimits {
  std::size_t max_bytes;
  std::size_t max_messages;
  WhenInboxFull when_full;

  /// Whether the inbox may refuse a message before the first `receive`, when nothing shows that the
  /// app reads messages.
  bool may_refuse_unread;
};

/// Received messages that have not been read yet, with limits.
class BoundedInbox {
 public:
  explicit BoundedInbox(const InboxLimits& limits) noexcept : limits_(limits) {}

  /// Keeps a copy of the message, or takes over its memory. Returns an error if the inbox refuses
  /// the message. The owner then ends the connection.
  [[nodiscard]] MaybeError keep(const Message& message);

  /// Keeps a message even beyond the limits. Returns errors like `keep`.
  [[nodiscard]] MaybeError store(const Message& message);

  /// Handles a message for which there is no memory. Returns errors like `keep`.
  [[nodiscard]] MaybeError run_out_of_memory(const Message& message);

  /// Call this on the first read. From then on, the inbox may refuse messages.
  void set_read() noexcept { was_read_ = true; }

  OwnedMessage& front() noexcept { return messages_.front(); }

  /// Removes the oldest message. Its payload of `size` bytes may have been moved out of it.
  void pop_front(std::size_t size) noexcept;

  /// Takes the oldest message out of the inbox, which must not be empty.
  OwnedMessage take() noexcept;

  bool empty() const noexcept { return messages_.empty(); }
  std::size_t size() const noexcept { return messages_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }

  /// Messages that were dropped because the inbox was full or memory ran out.
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  bool may_refuse() const noexcept { return was_read_ || limits_.may_refuse_unread; }

  InboxLimits limits_;
  Inbox messages_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool was_read_ = false;
};

}  // namespace hawser::detail
