#include <hawser/connection.hpp>

#include <utility>

#include <hawser/sender.hpp>

#include "../connection/connection_core.hpp"
#include "../socket/socket.hpp"
#include "feed.hpp"

namespace hawser {

Sender Connection::sender(SenderOptions options) {
  if (!detail::mine(core_.get())) return Sender();
  detail::Socket& socket = core_->inner_socket();
  if (socket.has_ended()) return Sender(detail::Feed::closed_queue());
  const auto send = [](void* connection, const Message& message) {
    return static_cast<detail::ConnectionCore*>(connection)->send_queue().try_send(message);
  };
  return Sender(detail::Feed::queue_of(socket.tether, core_.get(), send, std::move(options)));
}

}  // namespace hawser
