#include "heartbeat.hpp"

#include <span>
#include <utility>

#include "session_core.hpp"

namespace hawser::detail {

Heartbeat::Heartbeat(SessionCore& session, const HeartbeatOptions& options) noexcept
    : Timer([](Timer& timer) { static_cast<Heartbeat&>(timer).fired(); }),
      session_(session),
      options_(options),
      liveness_(options.ping.data.empty() && !session.handlers.make_ping
                    ? HeartbeatOptions{.interval = std::chrono::milliseconds::zero()}
                    : options) {}

void Heartbeat::start() {
  step_ = Step::check;
  Timer::start(liveness_.next_check(now()));
}

void Heartbeat::step_soon(Step step) {
  step_ = step;
  Timer::start(std::chrono::milliseconds::zero());
}

void Heartbeat::fired() {
  const bool is_last = step_ == Step::check_once_more;
  if (step_ != Step::make_up) return check(is_last);
  // make_ping has thrown. No ping was sent, so the peer owes no answer.
  if (!options_.ping.data.empty()) return send(options_.ping);
  received();
  start();
}

void Heartbeat::check(bool is_last) {
  if (session_.socket().ready_state() != ReadyState::open)
    return;  // it is closing, with its own deadline
  switch (liveness_.check(now())) {
    case Liveness::Verdict::nothing: return start();
    case Liveness::Verdict::ping: return ping();
    case Liveness::Verdict::dead:
      return is_last ? session_.timed_out() : step_soon(Step::check_once_more);
  }
}

void Heartbeat::ping() {
  if (!session_.handlers.make_ping) return send(options_.ping);
  step_soon(Step::make_up);  // in case make_ping throws
  const Ping made = session_.handlers.make_ping(session_.session());
  if (is_in_ring()) send(made);  // otherwise, the connection has ended meanwhile
}

/// A ping that can't be sent counts as an unanswered one.
void Heartbeat::send(const Ping& ping) {
  liveness_.pinged(now());
  start();
  [[maybe_unused]] const auto sent =
      session_.socket().send(Message(ping.type, std::as_bytes(std::span(ping.data))));
}

}  // namespace hawser::detail
