#include "receive_queue.hpp"

#include <algorithm>
#include <utility>

#include "../socket/receive_buffer.hpp"
#include "../socket/seam.hpp"
#include "start_error.hpp"

namespace hawser::detail {

namespace {

/// An `OwnedMessage` may keep a buffer that is this much larger than the message. Otherwise the message is copied.
constexpr std::size_t tolerated_waste = 16'384;

}  // namespace

/// `owned` is the message if it comes from the inbox. Otherwise the message is where the browser wrote it, and `owned`
/// is null.
ReceiveQueue::Offer ReceiveQueue::offer(ReceiveWaiter& receiver, const Message& message, OwnedMessage* owned) {
  const auto bytes = message.bytes();
  if (receiver.has_buffer) {
    auto& into = static_cast<BufferWaiter&>(receiver);
    if (into.is_stream && message.is_text()) {
      into.error = Error::unexpected_text;
      return Offer::accepted;
    }
    if (into.is_stream && bytes.empty()) return Offer::ignored;
    if (bytes.size() <= into.buffer.size()) {
      if (bytes.data() != into.buffer.data()) std::ranges::copy(bytes, into.buffer.begin());
      into.size = bytes.size();
      into.type = message.type();
      return Offer::accepted;
    }
    if (!into.is_stream) {
      into.error = Error::buffer_too_small;
      into.size = bytes.size();
      return Offer::too_large;
    }
  }
  if (owned) {
    receiver.message = std::move(*owned);
    return Offer::accepted;
  }
  MessageBuffer buffer = receive_buffer::take(bytes.data(), bytes.size(), std::max(2 * bytes.size(), tolerated_waste));
  if (!buffer) return Offer::out_of_memory;
  receiver.message = OwnedMessage(std::move(buffer), bytes.size(), message.type());
  return Offer::accepted;
}

std::optional<Error> ReceiveQueue::received(const Message& message) {
  while (!receivers_.empty()) {
    ReceiveWaiter& receiver = receivers_.front();
    switch (offer(receiver, message, nullptr)) {
      case Offer::accepted: receiver.end_now(); return std::nullopt;
      case Offer::too_large: receiver.end(receiver.error); break;
      case Offer::ignored: return std::nullopt;
      case Offer::out_of_memory: return run_out_of_memory(message);
    }
  }
  return keep(message);
}

std::optional<Error> ReceiveQueue::keep(const Message& message) {
  const auto is_overfull = [&] {
    const bool is_too_much = bytes_ + message.bytes().size() > options_.max_bytes;
    return !empty() && (is_too_much || size() >= options_.max_messages);
  };
  if (is_overfull() && options_.when_full == WhenInboxFull::close && may_refuse()) return Error::inbox_overflow;
  // The oldest go, so that no message is missing between those that stay and the next one.
  for (; is_overfull(); ++dropped_) take();
  return store(message);
}

std::optional<Error> ReceiveQueue::store(const Message& message) {
  const auto bytes = message.bytes();
  if (!inbox_.make_room()) return run_out_of_memory(message);
  MessageBuffer buffer = receive_buffer::take(bytes.data(), bytes.size(), bytes.size());
  if (!buffer) return run_out_of_memory(message);
  inbox_.push_back(OwnedMessage(std::move(buffer), bytes.size(), message.type()));
  bytes_ += bytes.size();
  return std::nullopt;
}

std::optional<Error> ReceiveQueue::run_out_of_memory(const Message& message) {
  receive_buffer::discard(message.bytes().data());  // leaves enough memory to report the error
  if (may_refuse()) return Error::out_of_memory;
  ++dropped_;
  return std::nullopt;
}

std::byte* ReceiveQueue::select_buffer(std::size_t size) const noexcept {
  if (receivers_.empty() || !receivers_.front().has_buffer) return nullptr;
  const auto buffer = static_cast<BufferWaiter&>(receivers_.front()).buffer;
  return buffer.size() >= size ? buffer.data() : nullptr;
}

void ReceiveQueue::close(const CloseEvent& end) {
  end_ = end;
  while (!receivers_.empty()) {
    ReceiveWaiter& receiver = receivers_.front();
    receiver.end_event = end_;
    receiver.end(end.error.value_or(Error::closed));
  }
}

bool ReceiveQueue::receive(ReceiveWaiter& receiver) {
  was_read_ = true;
  while (!empty()) {
    OwnedMessage& next = inbox_.front();
    const auto size = next.bytes().size();
    const auto outcome = offer(receiver, next, &next);
    if (outcome == Offer::too_large) return true;
    bytes_ -= size;
    inbox_.pop_front();
    if (outcome == Offer::accepted) return true;
  }
  if (!end_) return false;
  receiver.end_event = end_;
  receiver.error = end_->error.value_or(Error::closed);
  return true;
}

bool ReceiveQueue::wait(ReceiveWaiter& receiver) {
  if (receiver.has_buffer) {
    receive_buffer::ask_for_each(static_cast<BufferWaiter&>(receiver).reader);
    seam::hawser_ask_for_each();
  }
  return receiver.wait(receivers_, receiver.wait_options);
}

OwnedMessage ReceiveQueue::take() {
  OwnedMessage taken = std::move(inbox_.front());
  bytes_ -= taken.bytes().size();
  inbox_.pop_front();
  return taken;
}

bool ReceiveWaiter::await_ready() {
  error = start_error(receive_queue, wait_options.stop);
  return error || receive_queue->receive(*this);
}

bool ReceiveWaiter::start() { return receive_queue->wait(*this); }

ReceiveError ReceiveWaiter::failure() {
  return {.error = error.value_or(Error::no_connection), .end = std::move(end_event), .message_size = size};
}

std::expected<OwnedMessage, ReceiveError> try_receive(ReceiveQueue* receive_queue) {
  ReceiveWaiter receiver(receive_queue);
  if (!receiver.await_ready()) return std::unexpected(ReceiveError{.error = Error::would_block});
  if (receiver.error) return std::unexpected(receiver.failure());
  return std::move(receiver.message);
}

}  // namespace hawser::detail
