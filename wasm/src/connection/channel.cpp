#include "channel.hpp"

#include <algorithm>
#include <utility>

#include "../socket/receive_buffer.hpp"

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// There is no event for a buffered amount that falls. So it is looked at, less and less often, and whenever a message
/// comes.
constexpr milliseconds longest_poll{32};

/// A kept message may stay in a place that is so much larger.
constexpr std::size_t tolerated_waste = 16'384;

}  // namespace

Channel::Channel(ConnectOptions options, Unread unread) : options_(std::move(options)), unread_(unread) {}

Channel::~Channel() {
  const auto end = [](auto& ring) {
    while (!ring.empty()) ring.front().end(Error::destroyed);
  };
  end(openers);
  end(receivers);
  end(senders);
  end(drainers);
  end(closers);
  let_alarm_go();  // also where an exception kept it from going
}

std::optional<Error> Channel::open(std::string_view url) {
  const Options options{.protocols = std::move(options_.protocols),
                        .connect_timeout = options_.connect_timeout,
                        .close_timeout = options_.close_timeout,
                        .drain_timeout = options_.drain_timeout,
                        .max_message_size = options_.max_message_size};
  auto socket = WebSocket::open(url, options);
  if (!socket) return socket.error();
  socket_ = std::move(*socket);
  socket_.on_open([this] { opened(); });
  socket_.on_message([this](const Message& message) { received(message); });
  socket_.on_close([this](const CloseEvent& event) { ended(event); });
  socket_.socket_->choose_places(
      [](void* channel, std::size_t size) { return static_cast<Channel*>(channel)->choose_place(size); }, this);
  return std::nullopt;
}

void Channel::opened() {
  if (!openers.empty()) openers.front().end_now();
}

// Receiving

/// A message that `owned` holds comes from the inbox; any other is where the browser wrote it.
Channel::Fate Channel::offer(ReceiveWaiter& receiver, const Message& message, OwnedMessage* owned) {
  const auto bytes = message.bytes();
  if (receiver.is_stream && message.is_text()) {
    receiver.error = Error::unexpected_text;
    return Fate::taken;
  }
  if (receiver.is_stream && bytes.empty()) return Fate::skipped;
  if (receiver.is_into && bytes.size() <= receiver.into.size()) {
    if (bytes.data() != receiver.into.data()) std::ranges::copy(bytes, receiver.into.begin());
    receiver.size = bytes.size();
    receiver.type = message.type();
    return Fate::taken;
  }
  if (receiver.is_into && !receiver.is_stream) {
    receiver.error = Error::buffer_too_small;
    receiver.size = bytes.size();
    return Fate::kept;
  }
  if (owned) {
    receiver.message = std::move(*owned);
    return Fate::taken;
  }
  MessageBuffer place = receive_buffer::take(bytes.data(), bytes.size(), std::max(2 * bytes.size(), tolerated_waste));
  if (!place) return Fate::lost;
  receiver.message = OwnedMessage(std::move(place), bytes.size(), message.type());
  return Fate::taken;
}

bool Channel::receive(ReceiveWaiter& receiver) {
  was_read_ = true;
  while (!inbox_.empty()) {
    OwnedMessage& next = inbox_.front();
    const auto size = next.bytes().size();
    const auto fate = offer(receiver, next, &next);
    if (fate == Fate::kept) return true;
    inbox_bytes_ -= size;
    inbox_.pop_front();
    if (fate == Fate::taken) return true;
  }
  if (!end_) return false;
  receiver.end_event = end_;
  receiver.error = end_->error.value_or(Error::closed);
  return true;
}

/// The browser asks where to write a message: straight to the reader who waits for it with a buffer.
std::byte* Channel::choose_place(std::size_t size) const noexcept {
  return !receivers.empty() && receivers.front().into.size() >= size ? receivers.front().into.data() : nullptr;
}

void Channel::received(const Message& message) {
  unreported_ = 0;
  if (!senders.empty()) send_what_waits();
  if (ReceiveWaiter* const receiver = hand_over(message)) receiver->end_now();
  resume_what_waited();
}

/// The receiver who has the message now; null if none has it.
ReceiveWaiter* Channel::hand_over(const Message& message) {
  while (!receivers.empty()) {
    ReceiveWaiter& receiver = receivers.front();
    switch (offer(receiver, message, nullptr)) {
      case Fate::taken: return &receiver;
      case Fate::kept: receiver.end(receiver.error); break;
      case Fate::skipped: return nullptr;
      case Fate::lost: lose(message); return nullptr;
    }
  }
  keep(message);
  return nullptr;
}

void Channel::keep(const Message& message) {
  const auto bytes = message.bytes();
  const auto is_overfull = [&] {
    const bool is_too_much = inbox_bytes_ + bytes.size() > options_.max_inbox_bytes;
    return !inbox_.empty() && (is_too_much || inbox_.size() >= options_.max_inbox_messages);
  };
  if (is_overfull() && options_.when_inbox_full == WhenInboxFull::close && may_end())
    return end_for(Error::inbox_overflow);
  // The oldest go, so that what is left is one piece with what comes next.
  for (; is_overfull(); ++dropped_) take();
  store(message);
}

void Channel::store(const Message& message) {
  const auto bytes = message.bytes();
  if (!inbox_.make_room()) return lose(message);
  MessageBuffer place = receive_buffer::take(bytes.data(), bytes.size(), bytes.size());
  if (!place) return lose(message);
  inbox_.push_back(OwnedMessage(std::move(place), bytes.size(), message.type()));
  inbox_bytes_ += bytes.size();
}

OwnedMessage Channel::take() {
  OwnedMessage taken = std::move(inbox_.front());
  inbox_bytes_ -= taken.bytes().size();
  inbox_.pop_front();
  return taken;
}

/// There is no memory to keep the message. Freeing its buffer leaves enough to report that.
void Channel::lose(const Message& message) {
  receive_buffer::discard(message.bytes().data());
  refuse(Error::out_of_memory);
}

void Channel::refuse(Error error) {
  if (may_end()) return end_for(error);
  ++dropped_;
}

/// Ends the connection for what came over it. The end is told when the closing handshake is over, and what is in the
/// inbox before that.
void Channel::end_for(Error error) {
  ended_for_ = error;
  if (socket_.socket_) socket_.socket_->refuse(error);
  fail_senders(Error::already_closing);
}

void Channel::ended(const CloseEvent& event) {
  end_ = event;
  if (ended_for_) end_->error = ended_for_;
  const auto error = end_->error.value_or(Error::closed);
  if (!openers.empty()) openers.front().end(error);
  while (!receivers.empty()) {
    ReceiveWaiter& receiver = receivers.front();
    receiver.end_event = end_;
    receiver.end(error);
  }
  fail_senders(Error::already_closed);
  while (!drainers.empty()) drainers.front().end(Error::already_closed);
  while (!closers.empty()) {
    CloseWaiter& closer = closers.front();
    closer.end_event = end_;
    closer.end();
  }
  poll_.leave();
  resume_what_waited();
}

// Sending

/// Where the connection is not open, sending fails at once, and has nothing to wait for.
bool Channel::must_wait() const noexcept {
  return socket_.ready_state() == ReadyState::open && (!senders.empty() || is_full());
}

bool Channel::send(SendWaiter& sender) { return !must_wait() && send_pieces(sender); }

std::expected<void, Error> Channel::try_send(const Message& message) {
  return must_wait() ? std::unexpected(Error::would_block) : transmit(message);
}

bool Channel::wait_to_send(SendWaiter& sender, std::coroutine_handle<> coroutine) {
  if (!sender.wait(senders, coroutine, sender.wait_options)) return false;
  if (!poll_.is_in_ring()) start_poll();
  return true;
}

bool Channel::wait_to_drain(DrainWaiter& drainer, std::coroutine_handle<> coroutine) {
  if (!drainer.wait(drainers, coroutine, drainer.wait_options)) return false;
  if (!poll_.is_in_ring()) start_poll();
  return true;
}

/// Whether all of it is sent, or has failed.
bool Channel::send_pieces(SendWaiter& sender) {
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

std::expected<void, Error> Channel::transmit(const Message& message) {
  const auto before = socket_.buffered_amount();
  const auto sent = socket_.send(message);
  if (!sent) return sent;
  // Safari has been seen to report nothing right after a send. The poll, which is in a later task, forgets these bytes
  // again, also where nobody waits for it.
  const auto counted = before + message.bytes().size();
  const auto reported = socket_.buffered_amount();
  if (reported >= counted) return sent;
  unreported_ += counted - reported;
  if (!poll_.is_in_ring()) start_poll();
  return sent;
}

void Channel::send_what_waits() {
  if (senders.empty() || waiting() > options_.low_water_mark || is_full()) return;
  poll_.leave();
  while (!senders.empty() && !is_full()) {
    SendWaiter& sender = senders.front();
    if (send_pieces(sender)) sender.end(sender.error);
  }
  if (!senders.empty()) start_poll();
}

void Channel::start_poll() {
  poll_.interval = milliseconds(1);
  poll_.start(poll_.interval);
}

void Channel::check_room() {
  unreported_ = 0;
  if (socket_.ready_state() == ReadyState::closing) {
    fail_senders(Error::already_closing);
  } else {
    send_what_waits();
  }
  while (!drainers.empty() && is_drained()) drainers.front().end();
}

void Channel::poll() {
  check_room();
  if ((senders.empty() && drainers.empty()) || poll_.is_in_ring()) return;
  poll_.interval = std::min(2 * poll_.interval, longest_poll);
  poll_.start(poll_.interval);
}

void Channel::fail_senders(Error error) {
  while (!senders.empty()) senders.front().end(error);
}

// Closing

std::optional<Error> Channel::close(int code, std::string_view reason) {
  const auto closed = socket_.close(code, reason);
  const bool is_ending = closed || closed.error() == Error::already_closing || closed.error() == Error::already_closed;
  if (!is_ending) return closed.error();
  fail_senders(Error::already_closing);
  return std::nullopt;
}

}  // namespace hawser::detail
