#include "send_queue.hpp"

#include <algorithm>

#include "start_error.hpp"

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// The poll doubles its interval up to this, so that a slow network costs little.
constexpr milliseconds longest_poll{32};

}  // namespace

SendQueue::SendQueue(WebSocket& socket, std::uint64_t high_water_mark, std::uint64_t low_water_mark) noexcept
    : socket_(socket), high_water_mark_(std::max<std::uint64_t>(high_water_mark, 1)), low_water_mark_(low_water_mark) {}

/// Unless the connection is open, sending fails at once and has nothing to wait for.
bool SendQueue::must_wait() const noexcept {
  return socket_.ready_state() == ReadyState::open && (!senders_.empty() || is_full());
}

bool SendQueue::send(SendWaiter& sender) { return !must_wait() && send_pieces(sender); }

std::expected<void, Error> SendQueue::try_send(const Message& message) {
  return must_wait() ? std::unexpected(Error::would_block) : transmit(message);
}

bool SendQueue::wait(SendWaiter& sender) {
  if (!sender.wait(senders_, sender.wait_options)) return false;
  if (!poll_.is_in_ring()) start_poll();
  return true;
}

bool SendQueue::wait(DrainWaiter& drainer) {
  if (!drainer.wait(drainers_, drainer.wait_options)) return false;
  if (!poll_.is_in_ring()) start_poll();
  return true;
}

/// Returns whether `sender` is done: all of its pieces are sent, or one failed.
bool SendQueue::send_pieces(SendWaiter& sender) {
  do {
    const auto bytes = sender.message.bytes();
    const auto size = std::min(bytes.size(), sender.max_piece);
    const auto sent = transmit(Message(sender.message.type(), bytes.first(size)));
    if (!sent) {
      sender.error = sent.error();
      return true;
    }
    sender.message = Message(sender.message.type(), bytes.subspan(size));
  } while (!sender.message.bytes().empty() && !is_full());
  return sender.message.bytes().empty();
}

std::expected<void, Error> SendQueue::transmit(const Message& message) {
  const auto before = socket_.buffered_amount();
  const auto sent = socket_.send(message);
  if (!sent) return sent;
  // Safari has been seen to report 0 right after a send, so count the bytes here until the next task. The poll runs in
  // a later task and resets the count: that is why it starts here even if no coroutine waits.
  const auto expected = before + message.bytes().size();
  const auto reported = socket_.buffered_amount();
  if (reported >= expected) return sent;
  unreported_ += expected - reported;
  if (!poll_.is_in_ring()) start_poll();
  return sent;
}

void SendQueue::send_waiting() {
  if (senders_.empty() || queued() > low_water_mark_ || is_full()) return;
  poll_.leave();
  while (!senders_.empty() && !is_full()) {
    SendWaiter& sender = senders_.front();
    if (send_pieces(sender)) sender.end(sender.error);
  }
  if (!senders_.empty()) start_poll();
}

void SendQueue::start_poll() {
  poll_.interval = milliseconds(1);
  poll_.start(poll_.interval);
}

void SendQueue::check_room() {
  unreported_ = 0;
  if (socket_.ready_state() == ReadyState::closing) {
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

bool SendWaiter::await_ready() {
  error = start_error(queue, wait_options.stop);
  const bool is_nothing = max_piece != SIZE_MAX && message.bytes().empty();  // a stream has no empty messages
  return error || is_nothing || queue->send(*this);
}

bool SendWaiter::start() { return queue->wait(*this); }

void SendWaiter::check_room(Waiter& sender) { static_cast<SendWaiter&>(sender).queue->check_room(); }

std::expected<void, Error> SendWaiter::await_resume() const {
  if (error) return std::unexpected(*error);
  return {};
}

bool DrainWaiter::await_ready() {
  error = start_error(queue, wait_options.stop);
  if (!error && queue->is_closed()) error = Error::already_closed;
  return error || queue->is_drained();
}

bool DrainWaiter::start() { return queue->wait(*this); }

void DrainWaiter::check_room(Waiter& drainer) { static_cast<DrainWaiter&>(drainer).queue->check_room(); }

std::expected<void, Error> DrainWaiter::await_resume() const {
  if (error) return std::unexpected(*error);
  return {};
}

}  // namespace hawser::detail
