#include <hawser/blocking.hpp>

#include <utility>

#include "far_session.hpp"
#include "place.hpp"
#include "remote.hpp"

namespace hawser::blocking {

namespace {

std::vector<Endpoint> one(std::string_view url) { return {{.url = std::string(url)}}; }

}  // namespace

Session::Session(std::string_view url, SessionOptions options, SessionHandlers handlers)
    : Session(one(url), std::move(options), std::move(handlers)) {}

Session::Session(std::vector<Endpoint> endpoints, SessionOptions options, SessionHandlers handlers) {
  auto place = detail::Place::of_this_thread();
  if (place) {
    start(std::move(*place), std::move(endpoints), std::move(options), std::move(handlers));
    return;
  }
  const detail::InboxLimits limits{};
  auto remote = std::make_shared<detail::Remote>(detail::Place(), limits);
  remote->end_with({.error = Error::cannot_block});
  remote_.reset(new std::shared_ptr<detail::Remote>(std::move(remote)));
}

Session::Session(const IoThread& thread, std::string_view url, SessionOptions options, SessionHandlers handlers)
    : Session(thread, one(url), std::move(options), std::move(handlers)) {}

Session::Session(const IoThread& thread, std::vector<Endpoint> endpoints, SessionOptions options,
                 SessionHandlers handlers) {
  start(detail::Place::of(thread), std::move(endpoints), std::move(options), std::move(handlers));
}

void Session::start(detail::Place place, std::vector<Endpoint> endpoints, SessionOptions options,
                    SessionHandlers handlers) {
  const detail::InboxLimits limits{.max_bytes = options.inbox.max_inbox_bytes,
                                   .max_messages = options.inbox.max_inbox_messages,
                                   .when_full = options.inbox.when_inbox_full,
                                   .may_refuse_unread = false};
  auto remote = std::make_shared<detail::Remote>(std::move(place), limits);
  const bool is_posted = remote->post([&to = *remote, endpoints = std::move(endpoints), options = std::move(options),
                                       handlers = std::move(handlers)]() mutable {
    to.attach(std::make_unique<detail::FarSession>(to, std::move(endpoints), std::move(options), std::move(handlers)));
  });
  if (!is_posted) remote->end_with({.error = Error::no_thread});
  remote_.reset(new std::shared_ptr<detail::Remote>(std::move(remote)));
}

std::expected<OwnedMessage, ReceiveError> Session::receive(const WaitOptions& options) {
  if (!remote_) return std::unexpected(ReceiveError{.error = Error::no_connection});
  const auto remote = *remote_;  // this object may be destroyed during the wait
  return remote->receive(options);
}

std::expected<OwnedMessage, ReceiveError> Session::try_receive() {
  if (!remote_) return std::unexpected(ReceiveError{.error = Error::no_connection});
  return (*remote_)->try_receive();
}

std::expected<void, Error> Session::send(Payload payload, const WaitOptions& options) {
  if (!remote_) return std::unexpected(Error::no_connection);
  const auto remote = *remote_;
  return remote->send(payload.message(), options);
}

std::expected<void, Error> Session::try_send(Payload payload) {
  return remote_ ? (*remote_)->try_send(payload.message()) : std::unexpected(Error::no_connection);
}

Sender Session::sender() const { return remote_ ? (*remote_)->sender() : Sender(); }

std::expected<CloseEvent, Error> Session::close(int code, std::string_view reason, const WaitOptions& options) {
  if (!remote_) return std::unexpected(Error::no_connection);
  const auto remote = *remote_;
  return remote->close(code, reason, options);
}

void Session::retry_now() const {
  if (remote_) (*remote_)->reopen();
  run([](hawser::Session& session) { session.retry_now(); });
}

void Session::reconnect() const {
  if (remote_) (*remote_)->reopen();
  run([](hawser::Session& session) { [[maybe_unused]] const auto started = session.reconnect(); });
}

SessionStatus Session::status() const { return remote_ ? (*remote_)->status() : SessionStatus(); }

ReadyState Session::ready_state() const noexcept { return remote_ ? (*remote_)->ready_state() : ReadyState::closed; }

std::string Session::url() const { return remote_ ? (*remote_)->url() : std::string(); }

std::string Session::protocol() const { return remote_ ? (*remote_)->protocol() : std::string(); }

std::string Session::extensions() const { return remote_ ? (*remote_)->extensions() : std::string(); }

std::size_t Session::inbox_size() const { return remote_ ? (*remote_)->inbox_size() : 0; }

std::size_t Session::inbox_bytes() const { return remote_ ? (*remote_)->inbox_bytes() : 0; }

std::uint64_t Session::inbox_dropped() const { return remote_ ? (*remote_)->inbox_dropped() : 0; }

bool Session::run(Handler<void(hawser::Session&)> function) const {
  if (!remote_) return false;
  return (*remote_)->post([&remote = **remote_, function = std::move(function)] {
    if (auto* const far = static_cast<detail::FarSession*>(remote.far.get())) function(far->session());
  });
}

}  // namespace hawser::blocking
