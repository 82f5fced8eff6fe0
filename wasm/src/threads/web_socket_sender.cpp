#include <hawser/web_socket.hpp>

#include <utility>

#include <hawser/sender.hpp>

#include "../socket/socket.hpp"
#include "feed.hpp"

namespace hawser {

Sender WebSocket::sender(SenderOptions options) {
  if (!detail::mine(socket_.get())) return Sender();
  if (socket_->has_ended()) return Sender(detail::Feed::closed_queue());
  const auto send = [](void* connection, const Message& message) {
    return static_cast<detail::Socket*>(connection)->send(message.type(), message.bytes().data(), message.size());
  };
  return Sender(detail::Feed::queue_of(socket_->tether, socket_.get(), send, std::move(options)));
}

}  // namespace hawser
