#include "send_queue.hpp"

#include <algorithm>

#include <hawser/byte_stream.hpp>

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// The poll doubles its interval up to this, so that a slow network costs little.
constexpr milliseconds longest_poll{32};

}  // namespace

SendQueue::SendQueue(std::uint64_t high_water_mark, std::uint64_t low_water_mark) noexcept
    : high_water_mark_(std::max<std::uint64_t>(high_water_mark, 1)),
      low_water_mark_(low_water_mark) {}

std::uint64_t SendQueue::queued() noexcept {
  return queued_ = socket_->buffered_amount() + unreported_;
}

/// Unless the connection is open, sending fails at once and has nothing to wait for.
bool SendQueue::must_wait() noexcept {
  return socket_->ready_state() == ReadyState::open && (!senders_.empty() || is_full());
}

std::expected<void, Error> SendQueue::try_send(const Message& message) {
  const MaybeError error = must_wait() ? Error::would_block : transmit(message);
  if (error) return std::unexpected(*error);
  return {};
}

bool SendQueue::wait(Waiter& waiter, Link& ring) {
  if (!waiter.wait(ring)) return false;
  if (!poll_.is_in_ring()) start_poll();
  return true;
}

bool SendQueue::send_now(SendWaiter& sender) {
  if (sender.send_pieces) return sender.send_pieces(sender);
  sender.error = transmit(sender.message);
  return true;
}

bool SendQueue::send_pieces(SendWaiter& sender) {
  do {
    const auto bytes = sender.message.bytes();
    const auto size = std::min(bytes.size(), stream_piece);
    sender.error = transmit(Message(sender.message.type(), bytes.first(size)));
    if (sender.error) return true;
    sender.message = Message(sender.message.type(), bytes.subspan(size));
  } while (!sender.message.bytes().empty() && !is_full());
  return sender.message.bytes().empty();
}

/// Callers have just called `queued()`, or the connection is not open and this fails.
MaybeError SendQueue::transmit(const Message& message) {
  const auto size = message.bytes().size();
  const auto sent = socket_->send(message.type(), message.bytes().data(), size);
  if (!sent) return sent.error();
  // Safari has been seen to report 0 right after a send, so count the bytes here until the next
  // task. The poll runs in a later task and resets the count: that is why it starts here even if no
  // coroutine waits.
  const auto expected = queued_ + size;
  const auto reported = queued();
  if (reported >= expected) return {};
  unreported_ += expected - reported;
  if (!poll_.is_in_ring()) start_poll();
  return {};
}

void SendQueue::send_waiting() {
  if (senders_.empty() || queued() > low_water_mark_ || is_full()) return;
  poll_.leave();
  while (!senders_.empty() && !is_full()) {
    SendWaiter& sender = senders_.front();
    if (send_now(sender)) sender.end(sender.error);
  }
  if (!senders_.empty()) start_poll();
}

void SendQueue::start_poll() {
  poll_.interval = milliseconds(1);
  poll_.start(poll_.interval);
}

void SendQueue::check_room() {
  unreported_ = 0;
  if (socket_->ready_state() == ReadyState::closing) {
    fail_senders(Error::already_closing);
  } else {
    send_waiting();
  }
  if (!drainers_.empty() && is_drained()) drainers_.end_all({});
}

void SendQueue::poll() {
  check_room();
  if ((senders_.empty() && drainers_.empty()) || poll_.is_in_ring()) return;
  poll_.interval = std::min(2 * poll_.interval, longest_poll);
  poll_.start(poll_.interval);
}

void SendQueue::close() {
  is_closed_ = true;
  senders_.end_all(Error::already_closed);
  drainers_.end_all(Error::already_closed);
  poll_.leave();
}

bool SendWaiter::start() {
  if (!can_start(queue)) return false;
  const bool is_nothing = send_pieces && message.empty();  // a byte stream has no empty messages
  return !is_nothing && !queue->send(*this) && queue->wait(*this);
}

bool send_pieces(SendWaiter& sender) { return sender.queue->send_pieces(sender); }

void SendWaiter::check_room(Waiter& sender) {
  static_cast<SendWaiter&>(sender).queue->check_room();
}

bool DrainWaiter::start() {
  if (!can_start(queue)) return false;
  if (queue->is_closed()) error = Error::already_closed;
  return !error && !queue->is_drained() && queue->wait(*this);
}

void DrainWaiter::check_room(Waiter& drainer) {
  static_cast<DrainWaiter&>(drainer).queue->check_room();
}

}  // namespace hawser::detail
