#include <hawser/blocking.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include "../socket/validation.hpp"
#include "far_connection.hpp"
#include "home.hpp"
#include "remote.hpp"

namespace hawser {

namespace {

using std::chrono::milliseconds;

/// How much longer than `connect_timeout` a call of `connect` waits for a thread that has started,
/// so that the deadline of that thread comes first. That one measures the peer.
constexpr milliseconds grace = std::chrono::seconds(2);

std::optional<Error> check(std::string_view url, const ConnectOptions& options) {
  if (const auto refused = check_url(url)) return refused;
  if (const auto refused = check_protocols(options.protocols)) return refused;
  const auto is_bad = [](milliseconds deadline) { return deadline <= milliseconds::zero(); };
  if (is_bad(options.connect_timeout) || is_bad(options.close_timeout) ||
      is_bad(options.drain_timeout))
    return Error::invalid_timeout;
  return std::nullopt;
}

}  // namespace

namespace blocking {

namespace {

/// Waits until the connection is open.
std::expected<Connection, Error> wait_until_open(Connection connection, detail::Remote& remote,
                                                 milliseconds timeout,
                                                 const std::stop_token& stop) {
  auto failure =
      remote.wait({.timeout = timeout, .stop = stop}, [&] { return remote.has_started(); });
  if (failure) return std::unexpected(failure == Error::timed_out ? Error::no_thread : *failure);
  const auto longest =
      timeout > milliseconds::max() - grace ? milliseconds::max() : timeout + grace;
  failure = remote.wait({.timeout = longest, .stop = stop}, [&] { return remote.is_settled(); });
  if (failure)
    return std::unexpected(failure == Error::timed_out ? Error::connection_timed_out : *failure);
  if (remote.was_open()) return connection;
  const auto end = remote.end();
  return std::unexpected(end && end->error ? *end->error : Error::connection_failed);
}

}  // namespace

std::expected<Connection, Error> Connection::open(detail::Home home, std::string_view url,
                                                  ConnectOptions options) {
  if (const auto refused = check(url, options)) return std::unexpected(*refused);
  const detail::InboxLimits limits{.max_bytes = options.max_inbox_bytes,
                                   .max_messages = options.max_inbox_messages,
                                   .when_full = options.when_inbox_full,
                                   .may_refuse_unread = true};
  auto remote = std::make_shared<detail::Remote>(std::move(home), limits);
  const bool is_posted =
      remote->post([&to = *remote, url = std::string(url), options = std::move(options)]() mutable {
        to.attach(std::make_unique<detail::FarConnection>(to, std::move(url), std::move(options)));
      });
  if (!is_posted) return std::unexpected(Error::no_thread);
  return Connection(std::move(remote));
}

std::expected<Connection, Error> Connection::open(const IoThread& thread, std::string_view url,
                                                  ConnectOptions options) {
  return open(detail::Home::of(thread), url, std::move(options));
}

std::expected<Connection, Error> open_and_wait(detail::Home home, std::string_view url,
                                               ConnectOptions options) {
  if (options.stop.stop_requested()) return std::unexpected(Error::cancelled);
  if (!home.can_wait()) return std::unexpected(Error::cannot_block);
  const milliseconds timeout = options.connect_timeout;
  const std::stop_token stop = options.stop;
  auto connection = Connection::open(std::move(home), url, std::move(options));
  if (!connection) return connection;
  const auto remote = connection->remote_;
  return wait_until_open(std::move(*connection), *remote, timeout, stop);
}

std::expected<Connection, Error> connect(std::string_view url, ConnectOptions options) {
  if (const auto refused = check(url, options)) return std::unexpected(*refused);
  auto home = detail::Home::of_this_thread();
  if (!home) return std::unexpected(Error::cannot_block);
  return open_and_wait(std::move(*home), url, std::move(options));
}

std::expected<Connection, Error> connect(const IoThread& thread, std::string_view url,
                                         ConnectOptions options) {
  return open_and_wait(detail::Home::of(thread), url, std::move(options));
}

bool Connection::run(Handler<void(hawser::Connection&)> function) const {
  if (!remote_) return false;
  return remote_->post([&remote = *remote_, function = std::move(function)] {
    auto* const far = static_cast<detail::FarConnection*>(remote.far.get());
    if (far && remote.was_open()) function(far->connection());
  });
}

}  // namespace blocking

}  // namespace hawser
