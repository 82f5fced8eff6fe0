#include "far_connection.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "../connection/connection_core.hpp"
#include "../socket/socket.hpp"
#include "feed.hpp"
#include "remote.hpp"

namespace hawser::detail {

FarConnection::FarConnection(Remote& of, std::string url, ConnectOptions options)
    : FarEnd(of), connecting_(start(connect(std::move(url), std::move(options)))) {}

FarConnection::~FarConnection() { flush(); }

Task<> FarConnection::connect(std::string url, ConnectOptions options) {
  const SenderOptions queue{.max_queued_bytes = static_cast<std::size_t>(
                                std::min<std::uint64_t>(options.high_water_mark, SIZE_MAX))};
  auto connected = co_await hawser::connect(url, std::move(options));
  if (!connected) {
    remote.end_with({.error = connected.error()});
    co_return;
  }
  connection_ = std::move(*connected);
  connection_.receive_queue()->set_sink(&remote);
  remote.set_sender(connection_.sender(queue));
  remote.opened(connection_.url(), connection_.protocol(), connection_.extensions());
}

void FarConnection::close(int code, std::string_view reason) {
  if (!connection_.core_) {
    connecting_ = {};
    remote.end_with({.error = Error::aborted});
    return;
  }
  flush();
  if (const auto error = connection_.core_->close(code, reason)) {
    connection_ = {};
    remote.end_with({.error = error});
  }
}

/// Ignores the high-water mark, because the connection accepts no messages after this.
void FarConnection::flush() {
  if (!connection_.core_) return;
  const auto send_now = [](void* core, const Message& message) -> std::optional<Feed::Refusal> {
    auto& socket = static_cast<ConnectionCore*>(core)->inner_socket();
    const auto sent = socket.send(message.type(), message.bytes().data(), message.size());
    if (sent) return std::nullopt;
    return Feed::Refusal{.error = sent.error(), .is_for_later = false};
  };
  Feed::flush(connection_.core_->inner_socket().tether, send_now);
}

}  // namespace hawser::detail
