#include <hawser/session.hpp>

#include <optional>

#include <hawser/sender.hpp>

#include "../session/session_core.hpp"
#include "feed.hpp"

namespace hawser {

Sender Session::sender(const SenderOptions& options) {
  if (!detail::mine(core_.get())) return Sender(core_ ? Error::wrong_thread : Error::no_connection);
  const auto send = [](void* session,
                       const Message& message) -> std::optional<detail::Feed::Refusal> {
    auto& core = *static_cast<detail::SessionCore*>(session);
    const auto result = core.send(message, Keep::yes);
    if (!result)
      return {{result.error(), result.error() == Error::outbox_full && core.outbox.size() > 0}};
    if (result->delivery == Delivery::dropped) return {{Error::outbox_full, false}};
    return std::nullopt;
  };
  return Sender(detail::Feed::queue_of(core_->tether, core_.get(), send, options));
}

}  // namespace hawser
