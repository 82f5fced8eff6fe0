#include "bounded_inbox.hpp"

#include <utility>

#include "../socket/receive_buffer.hpp"
#include "../socket/socket_reports.hpp"

namespace hawser::detail {

std::optional<Error> BoundedInbox::keep(const Message& message) {
  const auto is_overfull = [&] {
    const bool is_too_much = bytes_ + message.bytes().size() > limits_.max_bytes;
    return !empty() && (is_too_much || size() >= limits_.max_messages);
  };
  if (is_overfull() && limits_.when_full == WhenInboxFull::close && may_refuse()) return Error::inbox_overflow;
  // The oldest go, so that no message is missing between those that stay and the next one.
  for (; is_overfull(); ++dropped_) {
    const OwnedMessage oldest = take();
    if (&socket_reports) socket_reports.dropped_from_inbox(oldest);
  }
  return store(message);
}

std::optional<Error> BoundedInbox::store(const Message& message) {
  const auto bytes = message.bytes();
  if (!messages_.make_room()) return run_out_of_memory(message);
  MessageBuffer buffer = receive_buffer::take(bytes.data(), bytes.size(), bytes.size());
  if (!buffer) return run_out_of_memory(message);
  messages_.push_back(OwnedMessage(std::move(buffer), bytes.size(), message.type()));
  bytes_ += bytes.size();
  return std::nullopt;
}

std::optional<Error> BoundedInbox::run_out_of_memory(const Message& message) {
  receive_buffer::discard(message.bytes().data());  // leaves enough memory to report the error
  if (may_refuse()) return Error::out_of_memory;
  if (&socket_reports) socket_reports.dropped_from_inbox(message);
  ++dropped_;
  return std::nullopt;
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
