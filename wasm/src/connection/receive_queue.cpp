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
  if (sink_) return sink_->received(*sink_, message);
  while (!receivers_.empty()) {
    ReceiveWaiter& receiver = receivers_.front();
    switch (offer(receiver, message, nullptr)) {
      case Offer::accepted: receiver.end_now(); return std::nullopt;
      case Offer::too_large: receiver.end(receiver.error); break;
      case Offer::ignored: return std::nullopt;
      case Offer::out_of_memory: return inbox_.run_out_of_memory(message);
    }
  }
  return inbox_.keep(message);
}

std::byte* ReceiveQueue::select_buffer(std::size_t size) const noexcept {
  if (receivers_.empty() || !receivers_.front().has_buffer) return nullptr;
  const auto buffer = static_cast<BufferWaiter&>(receivers_.front()).buffer;
  return buffer.size() >= size ? buffer.data() : nullptr;
}

void ReceiveQueue::close(const CloseEvent& end) {
  end_ = end;
  if (sink_) sink_->ended(*sink_, &end);
  while (!receivers_.empty()) {
    ReceiveWaiter& receiver = receivers_.front();
    receiver.end_event = end_;
    receiver.end(end.error.value_or(Error::closed));
  }
}

void ReceiveQueue::reset() noexcept {
  end_.reset();
  if (sink_) sink_->ended(*sink_, nullptr);
}

bool ReceiveQueue::receive(ReceiveWaiter& receiver) {
  inbox_.set_read();
  while (!empty()) {
    OwnedMessage& next = inbox_.front();
    const auto size = next.size();
    const auto outcome = offer(receiver, next, &next);
    if (outcome == Offer::too_large) return true;
    inbox_.pop_front(size);
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
