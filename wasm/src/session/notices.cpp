#include "notices.hpp"

#include <utility>

#include "../socket/deferred_destruction.hpp"
#include "session_core.hpp"
#include "session_reports.hpp"

namespace hawser::detail {

namespace {

/// Keeps a handler's argument alive until the event is over, even if the handler throws: without
/// exceptions, no destructor runs in that case.
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

/// A pending call of a handler, and then its argument until the event is over.
struct Notices::Notice final : Retirable {
  Notice(Kind of, SessionStatus with)
      : Retirable(destroy_as<Notice>), kind(of), content(std::move(with)) {}

  Kind kind;
  SessionStatus content;  // on_close and on_error use parts of `end`
};

Notices::~Notices() {
  while (first_) RetirablePointer(std::exchange(first_, static_cast<Notice*>(first_->next)));
}

void Notices::add(Kind kind, SessionStatus content) {
  auto* const notice = new Notice(kind, std::move(content));
  if (first_) last_->next = notice;
  if (!first_) first_ = notice;
  last_ = notice;
  deliver_soon();
}

void Notices::add(SessionStatus status) {
  if (&session_reports) session_reports.changed(session_, status);
  add(Kind::status, std::move(status));
}

void Notices::add(const CloseEvent& end) { add(Kind::end, {.end = end}); }

void Notices::add(Error error) { add(Kind::error, {.end = CloseEvent{.error = error}}); }

void Notices::add_dropped(MessageList messages) {
  if (messages.empty()) return;
  for (KeptMessage& message : messages) {
    if (&session_reports) session_reports.dropped(session_, message);
    dropped_.push_back(std::move(message));
  }
  deliver_soon();
}

void Notices::deliver() {
  const SessionHandlers& handlers = session_.handlers;
  const auto has_unread = [&] {
    return handlers.on_message && !session_.receive_queue()->empty() &&
           !session_.is_closed_by_app();
  };
  while (!session_.is_released()) {
    const bool is_unread = has_unread();
    if (!is_unread && dropped_.empty() && !first_) break;
    deliver_soon();  // delivers the rest if a handler throws
    Session* const session = session_.session();
    if (is_unread) {
      handlers.on_message(session, keep(session_.receive_queue()->take()));
    } else if (!dropped_.empty()) {
      handlers.on_drop(session, keep(dropped_.take(0)));
    } else {
      Notice* const notice = std::exchange(first_, static_cast<Notice*>(first_->next));
      retire(RetirablePointer(notice));
      const SessionStatus& content = notice->content;
      switch (notice->kind) {
        case Kind::status: handlers.on_status(session, content); break;
        // NOLINTBEGIN(bugprone-unchecked-optional-access): `add` has set them
        case Kind::end: handlers.on_close(session, *content.end); break;
        case Kind::error:
          handlers.on_error(session, *content.end->error);
          break;
          // NOLINTEND(bugprone-unchecked-optional-access)
      }
    }
  }
  if (!session_.is_released()) leave();
}

}  // namespace hawser::detail
