#include <hawser/connection.hpp>

#include <optional>

#include <hawser/sender.hpp>

#include "../connection/connection_core.hpp"
#include "../socket/socket.hpp"
#include "feed.hpp"

namespace hawser {

Sender Connection::sender(const SenderOptions& options) {
  if (!detail::mine(core_.get())) return Sender(core_ ? Error::wrong_thread : Error::no_connection);
  detail::Socket& socket = core_->inner_socket();
  if (socket.has_ended()) return Sender(Error::already_closed);
  const auto send = [](void* connection,
                       const Message& message) -> std::optional<detail::Feed::Refusal> {
    const auto sent =
        static_cast<detail::ConnectionCore*>(connection)->send_queue().try_send(message);
    if (sent) return std::nullopt;
    return {{sent.error(),
             sent.error() == Error::would_block || sent.error() == Error::still_connecting}};
  };
  return Sender(detail::Feed::queue_of(socket.tether, core_.get(), send, options));
}

}  // namespace hawser
