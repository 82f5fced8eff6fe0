#include "channel.hpp"

#include <algorithm>
#include <utility>

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// There is no event for a buffered amount that falls. So it is looked at, less and less often, and whenever a message
/// comes.
constexpr milliseconds longest_poll{32};

}  // namespace

Channel::Channel(ConnectOptions options)
    : mailbox({.max_bytes = options.max_inbox_bytes,
               .max_messages = options.max_inbox_messages,
               .when_full = options.when_inbox_full,
               .may_refuse_unread = true}),
      options_(std::move(options)) {}

Channel::~Channel() {
  release_alarm();  // an exception may have skipped this
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
  socket_.socket_->set_buffer_selector(
      [](void* selector, std::size_t size) { return static_cast<Mailbox*>(selector)->select_buffer(size); }, &mailbox);
  return std::nullopt;
}

void Channel::opened() {
  if (!openers.empty()) openers.front().end_now();
}

// Receiving

void Channel::received(const Message& message) {
  unreported_ = 0;
  if (!senders.empty()) send_what_waits();
  if (const auto error = mailbox.received(message)) refuse(*error);
  resume_ready();
}

/// Closes the connection because of a message. What is in the inbox, and then the end, can still be received.
void Channel::refuse(Error error) {
  refusal_ = error;
  socket_.socket_->refuse(error);
  fail_senders(Error::already_closing);
}

void Channel::ended(const CloseEvent& event) {
  CloseEvent end = event;
  if (refusal_) end.error = refusal_;
  if (!openers.empty()) openers.front().end(end.error.value_or(Error::closed));
  mailbox.close(end);
  fail_senders(Error::already_closed);
  drainers.end_all(Error::already_closed);
  while (!closers.empty()) {
    CloseWaiter& closer = closers.front();
    closer.end_event = end;
    closer.end();
  }
  poll_.leave();
  resume_ready();
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

void Channel::fail_senders(Error error) { senders.end_all(error); }

// Closing

std::optional<Error> Channel::close(int code, std::string_view reason) {
  const auto closed = socket_.close(code, reason);
  const bool is_ending = closed || closed.error() == Error::already_closing || closed.error() == Error::already_closed;
  if (!is_ending) return closed.error();
  fail_senders(Error::already_closing);
  return std::nullopt;
}

}  // namespace hawser::detail
