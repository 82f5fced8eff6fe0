#include "receive_queue.hpp"

#include <algorithm>
#include <utility>

#include "../socket/receive_buffer.hpp"
#include "../socket/seam.hpp"

namespace hawser::detail {

namespace {

/// An `OwnedMessage` may keep a buffer that is this much larger than the message. Otherwise the
/// message is copied.
constexpr std::size_t tolerated_waste = 16'384;

}  // namespace

MaybeError ReceiveQueue::offer(const Message& message) {
  if (sink_) return sink_->received(*sink_, message);
  while (!receivers_.empty()) {
    ReceiveWaiter& receiver = receivers_.front();
    if (!receiver.arrive) return give(receiver, message);
    MaybeError refusal;
    if (receiver.arrive(receiver, message, refusal)) return refusal;
  }
  return inbox_.keep(message);
}

MaybeError ReceiveQueue::give(ReceiveWaiter& receiver, const Message& message) {
  const auto size = message.size();
  OwnedMessage& into = receiver.message;
  const auto waste = std::max(2 * size, tolerated_waste);
  if (!receive_buffer::take(into.buffer_, message.bytes().data(), size, waste)) {
    return inbox_.run_out_of_memory(message);
  }
  into.size_ = size;
  into.type_ = message.type();
  receiver.end_now();
  return {};
}

std::byte* ReceiveQueue::select_buffer(std::size_t size) const noexcept {
  if (receivers_.empty() || !receivers_.front().arrive) return nullptr;
  const auto buffer = static_cast<BufferWaiter&>(receivers_.front()).buffer;
  return buffer.size() >= size ? buffer.data() : nullptr;
}

void ReceiveQueue::close(const CloseEvent& end) {
  end_.emplace(end);
  if (sink_) sink_->ended(*sink_, &end);
  while (!receivers_.empty()) {
    ReceiveWaiter& receiver = receivers_.front();
    receive_end(receiver, end);
    receiver.end(receiver.error);
  }
}

void ReceiveQueue::receive_end(ReceiveWaiter& receiver, const CloseEvent& end) {
  receiver.end_event.emplace(end);
  receiver.error = end.error.value_or(Error::closed);
}

void ReceiveQueue::reset() noexcept {
  end_.reset();
  if (sink_) sink_->ended(*sink_, nullptr);
}

bool ReceiveQueue::receive_kept(ReceiveWaiter& receiver) {
  if (!empty())
    receiver.message = take();
  else if (end_)
    receive_end(receiver, *end_);
  return true;
}

bool ReceiveQueue::receive(BufferWaiter& receiver) {
  using Offer = BufferWaiter::Offer;
  inbox_.set_read();
  while (!empty()) {
    const auto size = inbox_.front().size();
    const auto outcome = receiver.offer(inbox_.front());
    if (outcome == Offer::too_large) return true;
    if (outcome == Offer::whole) receiver.message = std::move(inbox_.front());
    inbox_.pop_front(size);
    if (outcome != Offer::ignored) return true;
  }
  if (end_) receive_end(receiver, *end_);
  return end_.has_value();
}

bool ReceiveWaiter::start() {
  return can_start(receive_queue) && !receive_queue->receive(*this) && receive_queue->wait(*this);
}

std::expected<OwnedMessage, ReceiveError> ReceiveWaiter::failed() {
  return std::expected<OwnedMessage, ReceiveError>(
      std::unexpect, error.value_or(Error::no_connection), std::move(end_event));
}

ReceiveError ReceiveWaiter::failure() {
  return {.error = error.value_or(Error::no_connection), .end = std::move(end_event)};
}

bool BufferWaiter::start() {
  if (!can_start(receive_queue) || receive_queue->receive(*this)) return false;
  receive_buffer::ask_for_each(reader);
  seam::hawser_ask_for_each();
  return receive_queue->wait(*this);
}

ReceiveError BufferWaiter::failure() {
  ReceiveError failure = ReceiveWaiter::failure();
  if (failure.error == Error::buffer_too_small) failure.message_size = size;
  return failure;
}

BufferWaiter::Offer BufferWaiter::offer(const Message& offered) {
  const auto bytes = offered.bytes();
  if (is_stream && offered.is_text()) {
    error = Error::unexpected_text;
    return Offer::accepted;
  }
  if (is_stream && bytes.empty()) return Offer::ignored;
  if (bytes.size() > buffer.size()) {
    if (is_stream) return Offer::whole;
    error = Error::buffer_too_small;
    size = bytes.size();
    return Offer::too_large;
  }
  if (bytes.data() != buffer.data()) std::ranges::copy(bytes, buffer.begin());
  size = bytes.size();
  type = offered.type();
  return Offer::accepted;
}

bool BufferWaiter::arrive_in_buffer(ReceiveWaiter& receiver, const Message& message,
                                    MaybeError& refusal) {
  auto& self = static_cast<BufferWaiter&>(receiver);
  switch (self.offer(message)) {
    case Offer::accepted: self.end_now(); break;
    case Offer::too_large: self.end(self.error); return false;
    case Offer::ignored: break;
    case Offer::whole: refusal = self.receive_queue->give(self, message);
  }
  return true;
}

std::expected<OwnedMessage, ReceiveError> try_receive(ReceiveQueue* receive_queue) {
  ReceiveWaiter receiver(receive_queue);
  if (receiver.can_start(receive_queue) && !receive_queue->receive(receiver)) {
    return std::unexpected(ReceiveError{.error = Error::would_block});
  }
  if (receiver.error) return receiver.failed();
  return std::move(receiver.message);
}

}  // namespace hawser::detail
