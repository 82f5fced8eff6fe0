#include <hawser/byte_stream.hpp>
#include <hawser/connection.hpp>

#include <algorithm>
#include <utility>

#include "channel.hpp"

namespace hawser {

namespace detail {

void ReleaseChannel::operator()(Channel* channel) const noexcept {
  if (mine(channel)) {
    delete channel;
  } else {
    channel->owner.post([](void* released) { delete static_cast<Channel*>(released); }, channel);
  }
}

Mailbox* mailbox_of(Channel* channel) noexcept { return channel ? &channel->mailbox : nullptr; }

bool ReceiveWaiter::await_ready() {
  if (!mailbox)
    error = Error::no_connection;
  else if (!mine(mailbox))
    error = Error::wrong_thread;
  else if (wait_options.stop.stop_requested())
    error = Error::cancelled;
  return error || mailbox->receive(*this);
}

bool ReceiveWaiter::await_suspend(std::coroutine_handle<> coroutine) { return mailbox->wait(*this, coroutine); }

ReceiveError ReceiveWaiter::failure() {
  return {.error = error.value_or(Error::no_connection), .end = std::move(end_event), .message_size = size};
}

bool SendWaiter::await_ready() {
  const bool is_nothing = max_piece != SIZE_MAX && message.bytes().empty();  // a stream has no empty messages
  if (!channel)
    error = Error::no_connection;
  else if (!mine(channel))
    error = Error::wrong_thread;
  else if (wait_options.stop.stop_requested())
    error = Error::cancelled;
  return error || is_nothing || channel->send(*this);
}

void SendWaiter::check_room(Waiter& sender) { static_cast<SendWaiter&>(sender).channel->check_room(); }

bool SendWaiter::await_suspend(std::coroutine_handle<> coroutine) { return channel->wait_to_send(*this, coroutine); }

std::expected<void, Error> SendWaiter::await_resume() const {
  if (error) return std::unexpected(*error);
  return {};
}

bool DrainWaiter::await_ready() {
  if (!channel)
    error = Error::no_connection;
  else if (!mine(channel))
    error = Error::wrong_thread;
  else if (wait_options.stop.stop_requested())
    error = Error::cancelled;
  else if (channel->mailbox.end())
    error = Error::already_closed;
  return error || channel->is_drained();
}

bool DrainWaiter::await_suspend(std::coroutine_handle<> coroutine) { return channel->wait_to_drain(*this, coroutine); }

void DrainWaiter::check(Waiter& drainer) { static_cast<DrainWaiter&>(drainer).channel->check_room(); }

std::expected<void, Error> DrainWaiter::await_resume() const {
  if (error) return std::unexpected(*error);
  return {};
}

std::expected<OwnedMessage, ReceiveError> try_receive(Mailbox* mailbox) {
  ReceiveWaiter receiver(mailbox);
  if (!receiver.await_ready()) return std::unexpected(ReceiveError{.error = Error::would_block});
  if (receiver.error) return std::unexpected(receiver.failure());
  return std::move(receiver.message);
}

bool CloseWaiter::await_ready() {
  if (!channel) {
    error = Error::no_connection;
  } else if (!mine(channel)) {
    error = Error::wrong_thread;
  } else if (channel->mailbox.end()) {
    end_event = channel->mailbox.end();
  } else {
    error = channel->close(code, reason);
  }
  return error || end_event;
}

bool CloseWaiter::await_suspend(std::coroutine_handle<> coroutine) {
  return wait(channel->closers, coroutine, wait_options);
}

std::expected<CloseEvent, Error> CloseWaiter::await_resume() {
  if (error) return std::unexpected(*error);
  return std::move(end_event).value_or(CloseEvent());
}

}  // namespace detail

Connect::Connect(std::string_view url, ConnectOptions options)
    : url_(url), stop_(options.stop), channel_(new detail::Channel(std::move(options))) {}

bool Connect::await_ready() {
  error = stop_.stop_requested() ? Error::cancelled : channel_->open(url_);
  return error.has_value();
}

bool Connect::await_suspend(std::coroutine_handle<> coroutine) {
  return wait(channel_->openers, coroutine, {.stop = stop_});
}

std::expected<Connection, Error> Connect::await_resume() {
  if (!error) return Connection(std::move(channel_));
  channel_.reset();
  return std::unexpected(*error);
}

std::expected<OwnedMessage, ReceiveError> Receive::await_resume() {
  if (error) return std::unexpected(failure());
  return std::move(message);
}

ReceiveInto::ReceiveInto(detail::Mailbox* from, std::span<std::byte> buffer, WaitOptions options)
    : ReceiveWaiter(from, std::move(options)) {
  into = buffer;
  is_into = true;
}

std::expected<Message, ReceiveError> ReceiveInto::await_resume() {
  reader.leave();
  if (error) return std::unexpected(failure());
  return Message(type, into.first(size));
}

std::expected<Connection, Error> Connection::open(std::string_view url, ConnectOptions options) {
  detail::ChannelPointer channel(new detail::Channel(std::move(options)));
  if (const auto error = channel->open(url)) return std::unexpected(*error);
  return Connection(std::move(channel));
}

std::size_t Connection::inbox_size() const noexcept {
  return detail::mine(channel_.get()) ? channel_->mailbox.size() : 0;
}

std::size_t Connection::inbox_bytes() const noexcept {
  return detail::mine(channel_.get()) ? channel_->mailbox.bytes() : 0;
}

std::expected<void, Error> Connection::try_send(Payload payload) {
  if (!channel_) return std::unexpected(Error::no_connection);
  return detail::mine(channel_.get()) ? channel_->try_send(payload.message()) : std::unexpected(Error::wrong_thread);
}

ReadyState Connection::ready_state() const noexcept {
  return detail::mine(channel_.get()) ? channel_->socket().ready_state() : ReadyState::closed;
}

std::uint64_t Connection::buffered_amount() const noexcept {
  return detail::mine(channel_.get()) ? channel_->socket().buffered_amount() : 0;
}

std::string Connection::url() const { return detail::mine(channel_.get()) ? channel_->socket().url() : std::string(); }

std::string Connection::protocol() const {
  return detail::mine(channel_.get()) ? channel_->socket().protocol() : std::string();
}

std::string Connection::extensions() const {
  return detail::mine(channel_.get()) ? channel_->socket().extensions() : std::string();
}

std::uint64_t Connection::dropped_messages() const noexcept {
  return detail::mine(channel_.get()) ? channel_->mailbox.dropped() : 0;
}

ReadSome::ReadSome(ByteStream& stream, std::span<std::byte> buffer, WaitOptions options)
    : ReceiveWaiter(detail::mailbox_of(stream.channel_), std::move(options)), stream_(stream) {
  into = buffer;
  is_into = is_stream = true;
}

bool ReadSome::await_ready() { return into.empty() || !stream_.rest_.bytes().empty() || ReceiveWaiter::await_ready(); }

std::expected<std::size_t, ReceiveError> ReadSome::await_resume() {
  reader.leave();
  if (error) {  // and the stream may be gone
    if (end_event && error == Error::closed) return 0;
    return std::unexpected(failure());
  }
  if (!message.bytes().empty()) {
    stream_.rest_ = std::move(message);
    stream_.read_ = 0;
  }
  const auto rest = stream_.rest_.bytes().subspan(stream_.read_);
  if (rest.empty()) return size;
  size = std::min(rest.size(), into.size());
  std::ranges::copy(rest.first(size), into.begin());
  stream_.read_ += size;
  if (size == rest.size()) {
    stream_.rest_ = {};
    stream_.read_ = 0;
  }
  return size;
}

}  // namespace hawser
