#include <hawser/blocking.hpp>

#include <utility>

#include "remote.hpp"

// Calls that wait keep the Remote alive, because this object may be destroyed meanwhile.

namespace hawser::blocking {

namespace {

using Received = std::expected<OwnedMessage, ReceiveError>;

Received no_connection() { return std::unexpected(ReceiveError{.error = Error::no_connection}); }

}  // namespace

Channel::Channel(std::shared_ptr<detail::Remote> remote) noexcept : remote_(std::move(remote)) {}

Channel& Channel::operator=(Channel&& other) noexcept {
  const auto old = std::exchange(remote_, std::move(other.remote_));
  if (old) old->release();
  return *this;
}

Channel::~Channel() {
  if (remote_) remote_->release();
}

Received Channel::receive(const WaitOptions& options) {
  const auto remote = remote_;
  return remote ? remote->receive(options) : no_connection();
}

Received Channel::try_receive() { return remote_ ? remote_->try_receive() : no_connection(); }

std::expected<void, Error> Channel::send(Payload payload, const WaitOptions& options) {
  const auto remote = remote_;
  return remote ? remote->send(payload.message(), options) : std::unexpected(Error::no_connection);
}

std::expected<void, Error> Channel::try_send(Payload payload) {
  return remote_ ? remote_->try_send(payload.message()) : std::unexpected(Error::no_connection);
}

Sender Channel::sender() const { return remote_ ? remote_->sender() : Sender(); }

std::expected<CloseEvent, Error> Channel::close(int code, std::string_view reason,
                                                const WaitOptions& options) {
  const auto remote = remote_;
  return remote ? remote->close(code, reason, options) : std::unexpected(Error::no_connection);
}

ReadyState Channel::ready_state() const noexcept {
  return remote_ ? remote_->ready_state() : ReadyState::closed;
}

std::string Channel::url() const { return remote_ ? remote_->url() : std::string(); }

std::string Channel::protocol() const { return remote_ ? remote_->protocol() : std::string(); }

std::string Channel::extensions() const { return remote_ ? remote_->extensions() : std::string(); }

std::size_t Channel::inbox_size() const { return remote_ ? remote_->inbox_size() : 0; }

std::size_t Channel::inbox_bytes() const { return remote_ ? remote_->inbox_bytes() : 0; }

std::uint64_t Channel::inbox_dropped() const { return remote_ ? remote_->inbox_dropped() : 0; }

void Messages::next() {
  current_.reset();
  auto received = channel_->receive(options_);
  if (received)
    current_.emplace(std::move(*received));
  else
    error_.emplace(std::move(received.error()));
}

}  // namespace hawser::blocking
