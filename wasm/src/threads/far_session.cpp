#include "far_session.hpp"

#include <optional>
#include <utility>

#include "../session/session_core.hpp"
#include "feed.hpp"
#include "remote.hpp"

namespace hawser::detail {

FarSession::FarSession(Remote& of, std::vector<Endpoint> endpoints, SessionOptions options,
                       SessionHandlers handlers)
    : FarEnd(of) {
  handlers.on_message = {};
  handlers.on_status = [this, next = std::move(handlers.on_status)](Session& session,
                                                                    const SessionStatus& status) {
    if (status.state == SessionState::open)
      remote.opened(session.url(), session.protocol(), session.extensions());
    remote.set_status(status, session.ready_state());
    next(&session, status);
  };
  session_ = Session(std::move(endpoints), std::move(options), std::move(handlers));
  session_.core_->receive_queue()->set_sink(&remote);
  remote.set_status(session_.status(), session_.ready_state());
  remote.set_sender(session_.sender());
}

FarSession::~FarSession() { flush(); }

void FarSession::close(int code, std::string_view reason) {
  flush();
  // A session that was not started ends here. One that has stopped or is closing has its own end,
  // or will get one.
  [[maybe_unused]] const auto closed = session_.close(code, reason);
}

void FarSession::flush() {
  const auto send_now = [](void* session, const Message& message) -> std::optional<Feed::Refusal> {
    const auto result = static_cast<SessionCore*>(session)->send(message, Keep::yes);
    if (!result) return Feed::Refusal{.error = result.error(), .is_for_later = false};
    if (result->delivery == Delivery::dropped)
      return Feed::Refusal{.error = Error::outbox_full, .is_for_later = false};
    return std::nullopt;
  };
  Feed::flush(session_.core_->tether, send_now);
}

}  // namespace hawser::detail
