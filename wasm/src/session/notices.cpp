#include "notices.hpp"

#include <utility>

#include "../socket/deferred_destruction.hpp"
#include "session_core.hpp"
#include "session_reports.hpp"

namespace hawser::detail {

namespace {

/// Keeps the argument of a handler until the event is over, also if the handler throws: in programs without exceptions
/// no destructor runs then.
template <typename Argument>
const Argument& keep(Argument argument) {
  struct Kept final : Retirable {
    explicit Kept(Argument from) : Retirable(destroy_as<Kept>), argument(std::move(from)) {}
    Argument argument;
  };
  auto* const kept = new Kept(std::move(argument));
  retire(RetirablePointer(kept));
  return kept->argument;
}

}  // namespace

void Notices::add(Notice notice) {
  if (&session_reports) {
    if (const auto* const status = std::get_if<SessionStatus>(&notice)) session_reports.changed(session_, *status);
  }
  notices_.push(std::move(notice));
  deliver_soon();
}

void Notices::add_dropped(std::vector<KeptMessage> messages) {
  if (messages.empty()) return;
  for (KeptMessage& message : messages) {
    if (&session_reports) session_reports.dropped(session_, message);
    dropped_.push(std::move(message));
  }
  deliver_soon();
}

void Notices::deliver() {
  const SessionHandlers& handlers = session_.handlers;
  const auto has_unread = [&] {
    return handlers.on_message && !session_.receive_queue()->empty() && !session_.is_closed_by_app();
  };
  while (!session_.is_released() && (!dropped_.empty() || !notices_.empty() || has_unread())) {
    deliver_soon();  // the rest, if a handler throws
    Session* const session = session_.session();
    if (has_unread()) {
      handlers.on_message(session, keep(session_.receive_queue()->take()));
    } else if (!dropped_.empty()) {
      handlers.on_drop(session, keep(dropped_.pop()));
    } else {
      const Notice& notice = keep(notices_.pop());
      if (const auto* const status = std::get_if<SessionStatus>(&notice)) handlers.on_status(session, *status);
      if (const auto* const end = std::get_if<CloseEvent>(&notice)) handlers.on_close(session, *end);
      if (const auto* const error = std::get_if<Error>(&notice)) handlers.on_error(session, *error);
    }
  }
  if (!session_.is_released()) leave();
}

}  // namespace hawser::detail
