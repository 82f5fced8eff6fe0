#include "notices.hpp"

#include <utility>

#include "session_core.hpp"

namespace hawser::detail {

void Notices::add(Notice notice) {
  notices_.push(std::move(notice));
  deliver_soon();
}

void Notices::add_dropped(std::vector<KeptMessage> messages) {
  if (messages.empty()) return;
  for (KeptMessage& message : messages) dropped_.push(std::move(message));
  deliver_soon();
}

void Notices::deliver() {
  const SessionHandlers& handlers = session_.handlers;
  const auto has_unread = [&] { return handlers.on_message && !session_.mailbox()->empty(); };
  while (!session_.is_released() && (!dropped_.empty() || !notices_.empty() || has_unread())) {
    deliver_soon();  // the rest, if a handler throws
    Session* const session = session_.session();
    if (has_unread()) {
      const OwnedMessage message = session_.mailbox()->take();
      handlers.on_message(session, message);
    } else if (!dropped_.empty()) {
      const KeptMessage message = dropped_.pop();
      handlers.on_drop(session, message);
    } else {
      const Notice notice = notices_.pop();
      if (const auto* const status = std::get_if<SessionStatus>(&notice)) handlers.on_status(session, *status);
      if (const auto* const end = std::get_if<CloseEvent>(&notice)) handlers.on_close(session, *end);
      if (const auto* const error = std::get_if<Error>(&notice)) handlers.on_error(session, *error);
    }
  }
  if (!session_.is_released()) leave();
}

}  // namespace hawser::detail
