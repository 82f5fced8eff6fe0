// Messages as JavaScript values, which need no copy in wasm memory. Only the module for pages links
// this.

#include <cstdint>
#include <expected>

#include "../src/session/session_core.hpp"
#include "../src/socket/socket.hpp"

namespace hawser::detail {

// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it has a function pointer only
constinit const SessionValues session_values{
    .listen = [](SessionCore& session) { session.listen_for_values(); }};

void SessionCore::listen_for_values() {
  socket_.receive_values([this](seam::Value value) { received(value); }, binary_type_);
}

void SessionCore::received(seam::Value value) {
  count_received(0);
  if (value_listener->is_pong && ends_here(value_listener->is_pong(*value_listener, value))) return;
  value_listener->received(*value_listener, value);
}

void SessionCore::receive_values(BinaryType type) noexcept {
  binary_type_ = type;
  if (socket_.socket_) socket_.socket_->receive_values(type);
}

std::expected<bool, Error> SessionCore::send_value(seam::Value value, Keep keep) {
  if (!sends_at_once(keep)) return false;
  const auto sent = send_value_now(value);
  if (!sent && sent.error() == Error::browser_exception) return std::unexpected(sent.error());
  return sent.has_value();
}

std::expected<void, Error> SessionCore::send_value_now(seam::Value value) {
  if (!socket_.socket_) return std::unexpected(Error::no_connection);
  const auto sent = socket_.socket_->send(value);
  if (sent) count_sent(0);
  return sent;
}

}  // namespace hawser::detail
