#include <hawser/web_socket.hpp>

#include <optional>

#include <hawser/sender.hpp>

#include "../socket/socket.hpp"
#include "feed.hpp"

namespace hawser {

Sender WebSocket::sender(const SenderOptions& options) {
  if (!detail::mine(socket_.get()))
    return Sender(socket_ ? Error::wrong_thread : Error::no_connection);
  if (socket_->has_ended()) return Sender(Error::already_closed);
  const auto send = [](void* connection,
                       const Message& message) -> std::optional<detail::Feed::Refusal> {
    auto& socket = *static_cast<detail::Socket*>(connection);
    const auto sent = socket.send(message.type(), message.bytes().data(), message.size());
    if (sent) return std::nullopt;
    return {{sent.error(), sent.error() == Error::still_connecting}};
  };
  return Sender(detail::Feed::queue_of(socket_->tether, socket_.get(), send, options));
}

}  // namespace hawser
