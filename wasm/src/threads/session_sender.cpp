#include <hawser/session.hpp>

#include <utility>

#include <hawser/sender.hpp>

#include "../session/session_core.hpp"
#include "feed.hpp"

namespace hawser {

Sender Session::sender(SenderOptions options) {
  if (!detail::mine(core_.get())) return Sender();
  const auto send = [](void* session, const Message& message) -> std::expected<void, Error> {
    const auto result = static_cast<detail::SessionCore*>(session)->send(message, Keep::yes);
    if (!result) return std::unexpected(result.error());
    return {};
  };
  return Sender(detail::Feed::queue_of(core_->tether, core_.get(), send, std::move(options)));
}

}  // namespace hawser
