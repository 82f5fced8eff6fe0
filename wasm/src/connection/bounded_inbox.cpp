#include "bounded_inbox.hpp"

#include "../socket/receive_buffer.hpp"
#include "../socket/socket_reports.hpp"

namespace hawser::detail {

MaybeError BoundedInbox::keep(const Message& message) {
  const std::size_t size = message.size();
  while (!empty() &&
         (bytes_ + size > limits_.max_bytes || messages_.size() >= limits_.max_messages)) {
    if (limits_.when_full == WhenInboxFull::close && may_refuse()) return Error::inbox_overflow;
    // Drops the oldest messages, so that there is no gap between the remaining messages and the
    // next one.
    if (&socket_reports) socket_reports.dropped_from_inbox(messages_.front());
    pop_front(messages_.front().size());
    ++dropped_;
  }
  return store(message);
}

MaybeError BoundedInbox::store(const Message& message) {
  const auto bytes = message.bytes();
  OwnedMessage* const room = messages_.make_room();
  if (!room || !receive_buffer::take(room->buffer_, bytes.data(), bytes.size(), bytes.size())) {
    return run_out_of_memory(message);
  }
  room->size_ = bytes.size();
  room->type_ = message.type();
  messages_.push_back();
  bytes_ += bytes.size();
  return {};
}

MaybeError BoundedInbox::run_out_of_memory(const Message& message) {
  receive_buffer::discard(message.bytes().data());  // leaves enough memory to report the error
  if (may_refuse()) return Error::out_of_memory;
  if (&socket_reports) socket_reports.dropped_from_inbox(message);
  ++dropped_;
  return {};
}

void BoundedInbox::pop_front(std::size_t size) noexcept {
  bytes_ -= size;
  messages_.pop_front();
}

OwnedMessage BoundedInbox::take() noexcept {
  OwnedMessage taken = std::move(messages_.front());
  pop_front(taken.size());
  return taken;
}

}  // namespace hawser::detail
