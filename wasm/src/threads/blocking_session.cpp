#include <hawser/blocking.hpp>

#include <utility>

#include "far_session.hpp"
#include "home.hpp"
#include "remote.hpp"

namespace hawser::blocking {

namespace {

std::vector<Endpoint> one(std::string_view url) { return {{.url = std::string(url)}}; }

}  // namespace

Session::Session(std::string_view url, SessionOptions options, SessionHandlers handlers)
    : Session(one(url), std::move(options), std::move(handlers)) {}

Session::Session(std::vector<Endpoint> endpoints, SessionOptions options,
                 SessionHandlers handlers) {
  auto home = detail::Home::of_this_thread();
  if (home) {
    start(std::move(*home), std::move(endpoints), std::move(options), std::move(handlers));
    return;
  }
  const detail::InboxLimits limits{};
  auto remote = std::make_shared<detail::Remote>(detail::Home(), limits);
  remote->end_with({.error = Error::cannot_block});
  remote_ = std::move(remote);
}

Session::Session(const IoThread& thread, std::string_view url, SessionOptions options,
                 SessionHandlers handlers)
    : Session(thread, one(url), std::move(options), std::move(handlers)) {}

Session::Session(const IoThread& thread, std::vector<Endpoint> endpoints, SessionOptions options,
                 SessionHandlers handlers) {
  start(detail::Home::of(thread), std::move(endpoints), std::move(options), std::move(handlers));
}

void Session::start(detail::Home home, std::vector<Endpoint> endpoints, SessionOptions options,
                    SessionHandlers handlers) {
  const detail::InboxLimits limits{.max_bytes = options.inbox.max_inbox_bytes,
                                   .max_messages = options.inbox.max_inbox_messages,
                                   .when_full = options.inbox.when_inbox_full,
                                   .may_refuse_unread = false};
  auto remote = std::make_shared<detail::Remote>(std::move(home), limits);
  const bool is_posted =
      remote->post([&to = *remote, endpoints = std::move(endpoints), options = std::move(options),
                    handlers = std::move(handlers)]() mutable {
        to.attach(std::make_unique<detail::FarSession>(to, std::move(endpoints), std::move(options),
                                                       std::move(handlers)));
      });
  if (!is_posted) remote->end_with({.error = Error::no_thread});
  remote_ = std::move(remote);
}

void Session::retry_now() const {
  if (remote_) remote_->reopen();
  run([](hawser::Session& session) { session.retry_now(); });
}

void Session::reconnect() const {
  if (remote_) remote_->reopen();
  run([](hawser::Session& session) { [[maybe_unused]] const auto started = session.reconnect(); });
}

SessionStatus Session::status() const { return remote_ ? remote_->status() : SessionStatus(); }

bool Session::run(Handler<void(hawser::Session&)> function) const {
  if (!remote_) return false;
  return remote_->post([&remote = *remote_, function = std::move(function)] {
    if (auto* const far = static_cast<detail::FarSession*>(remote.far.get()))
      function(far->session());
  });
}

}  // namespace hawser::blocking
