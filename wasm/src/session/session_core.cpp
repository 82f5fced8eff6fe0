#include "session_core.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include <hawser/detail/longest_timer.hpp>

#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"
#include "../socket/validation.hpp"

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// What is waited between two attempts that the page's events bring about; and after close code 1001, with which
/// Firefox ends the connections of a page that is being left: then the page is gone before the attempt is made.
constexpr milliseconds short_wait{1000};

}  // namespace

SessionCore::SessionCore(std::vector<Endpoint> endpoints, SessionOptions options, SessionHandlers given)
    : PageListener([](PageListener& self, bool is_seen_again, bool is_online_again) {
        static_cast<SessionCore&>(self).check_page_soon(is_seen_again, is_online_again);
      }),
      handlers(std::move(given)),
      outbox(options.outbox),
      endpoints_(std::move(endpoints)),
      options_(std::move(options)),
      policy_(options_.reconnect),
      heartbeat_(*this, options_.heartbeat),
      random_(options_.seed),
      channel_(new_channel()) {
  listen();
  if (!handlers.on_endpoint_request && !endpoints_.empty()) url = endpoints_.front().url;
  if (options_.start == Start::later) return;
  begin();
  if (!is_online()) wait_for_network();
}

void SessionCore::release(std::shared_ptr<SessionCore> core) noexcept {
  struct Holder final : Retirable {
    explicit Holder(std::shared_ptr<SessionCore> of) : Retirable(destroy_as<Holder>), held(std::move(of)) {}
    std::shared_ptr<SessionCore> held;
  };
  if (!mine(core.get())) {
    const OwnerThread& owner = core->owner;
    owner.post(
        [](void* released) {
          const std::unique_ptr<std::shared_ptr<SessionCore>> held(
              static_cast<std::shared_ptr<SessionCore>*>(released));
          release(std::move(*held));
        },
        new std::shared_ptr<SessionCore>(std::move(core)));
    return;
  }
  core->is_released_ = true;
  core->leave();
  core->turn_.leave();
  core->page_check_.leave();
  core->heartbeat_.stop();
  core->notices_.cancel();
  let_alarm_go();
  core->socket_ = {};
  retire(RetirablePointer(new Holder(std::move(core))));
}

std::unique_ptr<Channel> SessionCore::new_channel() const {
  return std::make_unique<Channel>(ConnectOptions{.max_inbox_bytes = options_.inbox.max_inbox_bytes,
                                                  .max_inbox_messages = options_.inbox.max_inbox_messages,
                                                  .when_inbox_full = options_.inbox.when_inbox_full},
                                   Channel::Unread::never_ends);
}

// Connecting

void SessionCore::begin() {
  policy_.start(now());
  hopeless_ = 0;
  is_closing_ = false;
  is_paused_ = false;
  why_ = StopReason::none;
  set_state(SessionState::connecting);
  turn_.start(milliseconds::zero());
}

void SessionCore::attempt() {
  ++counters_.attempts;
  if (state_ != SessionState::connecting) set_state(SessionState::connecting);
  if (!handlers.on_endpoint_request) {
    if (endpoints_.empty()) return fail_later(Error::invalid_url);
    return connect_to(endpoints_[next_endpoint_++ % endpoints_.size()]);
  }
  pending_request_ = ++questions_;
  turn_.start_deadline(options_.endpoint_timeout);
  handlers.on_endpoint_request(session(), EndpointRequest(weak_from_this(), pending_request_));
  if (!is_released_) notices_.deliver();
}

void SessionCore::answered(std::uint64_t number, const Endpoint& endpoint) {
  if (is_released_ || number != pending_request_) return;
  pending_request_ = 0;
  connect_to(endpoint);
}

void SessionCore::unanswered(std::uint64_t number) {
  if (is_released_ || number != pending_request_) return;
  pending_request_ = 0;
  fail_later(Error::connection_failed);
}

void SessionCore::connect_to(const Endpoint& endpoint) {
  turn_.leave();
  auto opened_socket = WebSocket::open(endpoint.url, {.protocols = endpoint.protocols,
                                                      .connect_timeout = options_.connect_timeout,
                                                      .close_timeout = options_.close_timeout,
                                                      .drain_timeout = options_.drain_timeout,
                                                      .max_message_size = options_.max_message_size});
  if (!opened_socket) return fail_later(opened_socket.error());
  socket_ = std::move(*opened_socket);
  url = socket_.url();
  protocol.clear();
  extensions.clear();
  socket_.on_open([this] { opened(); });
  socket_.on_message([this](const Message& message) { received(message); });
  socket_.on_close([this](const CloseEvent& event) { ended(event); });
}

void SessionCore::fail_later(Error error) {
  heartbeat_.stop();
  pending_end_ = CloseEvent{.error = error};
  turn_.start(milliseconds::zero());
}

void SessionCore::opened() {
  open_since_ = now();
  heartbeat_.opened();
  ++counters_.connections;
  protocol = socket_.protocol();
  extensions = socket_.extensions();
  set_state(SessionState::open);
  outbox.connection_open();
  stage_ = Stage::opened;
  turn_.start(milliseconds::zero());  // for a handler that throws: what follows it happens all the same
  notices_.deliver();
  if (!is_released_) greet();
}

void SessionCore::greet() {
  if (state_ != SessionState::open || stage_ != Stage::opened) return;
  stage_ = Stage::greeted;
  if (is_closing_ || is_reconnecting_) return;
  turn_.start(milliseconds::zero());
  handlers.on_open(session());
  if (!is_released_ && state_ == SessionState::open) flow();
}

/// `on_open` has returned, or has thrown.
void SessionCore::flow() {
  if (pending_end_) return;
  turn_.leave();
  if (waits_for_ready()) {
    stage_ = Stage::gated;
    return turn_.start_deadline(options_.ready_timeout);
  }
  stage_ = Stage::flowing;
  notices_.add_dropped(drain());
  wait_for_turn();
}

std::expected<void, Error> SessionCore::ready() {
  if (ready_state() != ReadyState::open || stage_ == Stage::opened) return std::unexpected(Error::still_connecting);
  if (stage_ == Stage::flowing) return {};
  turn_.leave();
  stage_ = Stage::flowing;
  notices_.add_dropped(drain());
  wait_for_turn();
  return {};
}

/// Has the timer fire for what the state waits for.
void SessionCore::wait_for_turn() {
  if (pending_end_) return;  // the timer fires for that
  if (state_ == SessionState::open) {
    if (stage_ == Stage::flowing) heartbeat_.start();
  } else if (state_ == SessionState::waiting && !is_paused_) {
    turn_.start(std::max(due_ - now(), milliseconds::zero()));
  }
}

void SessionCore::take_turn() {
  if (const auto end = std::exchange(pending_end_, std::nullopt)) return ended(*end);
  if (std::exchange(is_deciding_, false)) return conclude(decision_);
  if (pending_request_ != 0) return ended({.error = Error::connection_timed_out});
  switch (state_) {
    case SessionState::open: return take_turn_while_open();
    case SessionState::waiting:
      policy_.paused(now() - due_);  // a timer that stood still is no time in which anything was tried
      return attempt();
    case SessionState::connecting: return attempt();
    default: return;
  }
}

void SessionCore::take_turn_while_open() {
  switch (stage_) {
    case Stage::opened: return greet();
    case Stage::greeted: return flow();
    default: break;
  }
  if (socket_.ready_state() != ReadyState::open) return;  // it is closing, by a deadline of its own
  timed_out();
}

void SessionCore::timed_out() {
  socket_ = {};
  ended({.error = Error::connection_timed_out});
}

// What the page tells: that it is seen again, that the network is there again or gone. Timers may have stood still.

void SessionCore::check_page_state() {
  const bool is_seen_again = std::exchange(is_seen_again_, false);
  const bool is_back = std::exchange(is_back_, false);
  if (pending_end_ || is_deciding_) return;
  if (state_ == SessionState::open) return stage_ == Stage::flowing ? heartbeat_.check() : void();
  if (state_ != SessionState::waiting) return;
  if (!is_online() && !is_paused_) {
    wait_for_network();
    return notices_.deliver();
  }
  if (is_online() && (is_back || is_paused_)) {
    if (std::exchange(is_paused_, false)) policy_.paused(now() - paused_since_);
    policy_.forget_failures();
    if (not_before_ <= now()) return attempt();
    due_ = not_before_;
    set_state(SessionState::waiting);
    wait_for_turn();
    return notices_.deliver();
  }
  if (is_seen_again && !is_paused_) come_soon();
  wait_for_turn();
}

/// Whoever comes back to a page waits for a short time at most.
void SessionCore::come_soon() {
  policy_.forget_failures();
  const auto soon = std::max({not_before_, ended_at_ + short_wait, now()});
  if (soon >= due_) return;
  due_ = soon;
  set_state(SessionState::waiting);
}

void SessionCore::wait_for_network() {
  is_paused_ = true;
  paused_since_ = now();
  turn_.start(longest_timer);  // it keeps the program alive, as other waits do
  set_state(SessionState::waiting);
}

// Receiving

void SessionCore::received(const Message& message) {
  heartbeat_.received();
  ++counters_.messages_received;
  counters_.bytes_received += message.bytes().size();
  if (handlers.is_pong) {
    const bool is_pong = handlers.is_pong(session(), message);
    if (is_released_) return;
    if (is_pong) {
      if (const auto time = heartbeat_.ponged()) counters_.round_trip = time;
      return;
    }
  }
  if (handlers.on_message && channel_->is_inbox_empty()) return handlers.on_message(session(), message);
  if (handlers.on_message) {
    channel_->store(message);  // behind what came before the handler was set
  } else {
    channel_->received(message);
  }
  if (is_released_) return;
  if (!channel_->refused()) return handlers.on_message ? notices_.deliver() : void();
  constexpr std::string_view reason = "message refused";
  [[maybe_unused]] const auto closed = socket_.close(refused_message_code, reason);
  ended({.code = refused_message_code, .reason = std::string(reason), .error = channel_->refused()});
}

// Ending

void SessionCore::ended(const CloseEvent& event) {
  ended_at_ = now();
  lived_ = state_ == SessionState::open ? std::max(uptime(), milliseconds(1)) : milliseconds::zero();
  counters_.uptime += uptime();
  if (state_ == SessionState::open || state_ == SessionState::connecting) {
    if (event.error) notices_.add(*event.error);
    notices_.add(event);
  }
  socket_ = {};
  if (event.error) counters_.last_error = event.error;
  end_ = event;
  pending_request_ = 0;
  stage_ = Stage::none;
  turn_.leave();
  heartbeat_.stop();
  state_ = SessionState::connecting;  // until it is decided
  notices_.add_dropped(outbox.connection_lost());
  if (is_closing_) {
    stop(StopReason::closed_by_app);
    return notices_.deliver();
  }
  if (std::exchange(is_reconnecting_, false)) {
    begin();
    return notices_.deliver();
  }
  decision_ = decide_on(event);
  Decision decided = decision_;
  if (handlers.decide_reconnect) {
    is_deciding_ = true;
    turn_.start(milliseconds::zero());  // should the app throw: hawser's own decision holds
    decided = handlers.decide_reconnect(session(), event, decision_);
    if (is_released_) return;
    if (!std::exchange(is_deciding_, false)) return;  // it connects again
    turn_.leave();
    if (is_closing_) {
      stop(StopReason::closed_by_app);
      return notices_.deliver();
    }
  }
  conclude(decided);
}

/// hawser's own decision. An endpoint of several that can't be connected to is passed over.
Decision SessionCore::decide_on(const CloseEvent& event) {
  const Decision decision = decide(event, EndedBy::other, policy_.options());
  if (decision.why != StopReason::cannot_connect) {
    hopeless_ = 0;
    return decision;
  }
  const bool is_other_left = !handlers.on_endpoint_request && ++hopeless_ < endpoints_.size();
  return is_other_left ? Decision{} : decision;
}

void SessionCore::conclude(const Decision& decided) {
  const Decision decision = policy_.ended(decided, lived_, now(), random_.next());
  if (!decision.reconnect) {
    stop(decision.why);
    return notices_.deliver();
  }
  if (channel_->refused()) channel_->begin_anew();
  const bool may_be_leaving = end_ && end_->code == close_code::going_away && !decided.skip_backoff;
  not_before_ = now() + std::max(decided.delay, may_be_leaving ? short_wait : milliseconds::zero());
  due_ = std::max(now() + decision.delay, not_before_);
  is_paused_ = !is_online();
  paused_since_ = now();
  set_state(SessionState::waiting);
  wait_for_turn();
  notices_.deliver();
}

void SessionCore::stop(StopReason why) {
  why_ = why;
  pending_end_.reset();
  is_deciding_ = false;
  turn_.leave();
  stage_ = Stage::none;
  if (why == StopReason::closed_by_app) notices_.add_dropped(outbox.clear());
  set_state(SessionState::stopped);
  channel_->ended(end_.value_or(CloseEvent{}));
}

std::expected<void, Error> SessionCore::close(int code, std::string_view reason) {
  if (state_ == SessionState::stopped) return std::unexpected(Error::already_closed);
  if (std::exchange(is_closing_, true)) return std::unexpected(Error::already_closing);
  is_reconnecting_ = false;
  if (state_ == SessionState::open) {
    if (!waits_for_ready()) {
      stage_ = Stage::flowing;
      notices_.add_dropped(drain());
    }
    const auto closed = close_socket(code, reason);
    if (closed || closed.error() == Error::already_closing) return {};
  }
  socket_ = {};
  pending_request_ = 0;
  fail_later(Error::aborted);
  return {};
}

std::expected<void, Error> SessionCore::close_socket(int code, std::string_view reason) {
  return code == seam::no_code ? socket_.socket_->close(code, {}) : socket_.close(code, reason);
}

void SessionCore::retry_now() {
  if (state_ == SessionState::connecting || state_ == SessionState::open) return;
  if (state_ == SessionState::waiting) {
    if (is_closing_) return;
    if (std::exchange(is_paused_, false)) policy_.paused(now() - paused_since_);
    set_state(SessionState::connecting);
    return turn_.start(milliseconds::zero());
  }
  if (state_ == SessionState::stopped) channel_->begin_anew();
  begin();
}

std::expected<void, Error> SessionCore::reconnect(int code, std::string_view reason) {
  if (const auto error = check_close(code, reason)) return std::unexpected(*error);
  if (state_ == SessionState::open) {
    const auto closed = socket_.close(code, reason);
    if (closed || closed.error() == Error::already_closing) {
      is_closing_ = false;
      is_reconnecting_ = true;
      return {};
    }
    // A browser that cannot close: the connection is left alone.
    socket_ = {};
    is_closing_ = false;
    is_reconnecting_ = true;
    fail_later(Error::aborted);
    return {};
  }
  if (state_ == SessionState::stopped) channel_->begin_anew();
  socket_ = {};
  pending_request_ = 0;
  pending_end_.reset();
  is_deciding_ = false;
  begin();
  return {};
}

// Sending

std::expected<SendResult, Error> SessionCore::send(const Message& message, Keep keep) {
  if (state_ == SessionState::stopped || is_closing_) return std::unexpected(Error::already_closed);
  if (message.is_text() && !is_utf8(message.text())) return std::unexpected(Error::invalid_utf8);
  const bool is_kept_anyway = options_.outbox.acknowledgement == Acknowledgement::by_app && keep == Keep::yes;
  const bool is_open = ready_state() == ReadyState::open && !waits_for_ready();
  if (stage_ == Stage::flowing && !is_kept_anyway && outbox.waiting() == 0) {
    const auto sent = send_now(message);
    if (sent) return SendResult{.delivery = Delivery::sent};
    if (sent.error() == Error::browser_exception) return std::unexpected(sent.error());
  }
  auto pushed = outbox.push(message, keep, is_open && !is_kept_anyway ? Limits::none : Limits::apply);
  notices_.add_dropped(std::move(pushed.dropped));
  if (pushed.is_refused) return std::unexpected(Error::outbox_full);
  if (pushed.delivery != Delivery::kept) return SendResult{.delivery = pushed.delivery};
  if (!drain().empty()) return std::unexpected(Error::browser_exception);
  const bool is_sent = stage_ == Stage::flowing && outbox.waiting() == 0;
  return SendResult{.delivery = is_sent ? Delivery::sent : Delivery::kept, .id = pushed.id};
}

std::expected<void, Error> SessionCore::send_now(const Message& message) {
  const auto sent = socket_.send(message);
  if (!sent) return sent;
  ++counters_.messages_sent;
  counters_.bytes_sent += message.bytes().size();
  return {};
}

/// Hands to the browser what waits. What it does not take now, as when the peer has begun to close, waits on; what it
/// can never send is dropped. If that is the newest message, it is returned: the caller reports it.
std::vector<KeptMessage> SessionCore::drain() {
  std::vector<KeptMessage> refused;
  if (stage_ != Stage::flowing) return refused;
  while (const KeptMessage* const next = outbox.next()) {
    notices_.add_dropped(std::exchange(refused, {}));
    const auto sent = send_now(*next);
    if (sent) {
      outbox.handed_over();
    } else if (sent.error() == Error::browser_exception) {
      refused = outbox.drop_next();
    } else {
      break;
    }
  }
  return refused;
}

// State

void SessionCore::set_state(SessionState state) {
  state_ = state;
  notices_.add(status());
}

SessionStatus SessionCore::status() const {
  const bool is_waiting = state_ == SessionState::waiting;
  return {.state = state_,
          .attempt = state_ == SessionState::open ? 0 : policy_.attempt(),
          .retry_in = is_waiting && !is_paused_ ? std::max(due_ - now(), milliseconds::zero()) : milliseconds::zero(),
          .is_offline = is_waiting && is_paused_,
          .why = state_ == SessionState::stopped ? why_ : StopReason::none,
          .end = end_};
}

ReadyState SessionCore::ready_state() const noexcept {
  if (state_ == SessionState::idle || state_ == SessionState::stopped) return ReadyState::closed;
  if (is_closing_ || is_reconnecting_) return ReadyState::closing;
  if (state_ != SessionState::open) return ReadyState::connecting;
  return socket_.ready_state() == ReadyState::open ? ReadyState::open : ReadyState::closing;
}

SessionCounters SessionCore::counters() const {
  SessionCounters counters = counters_;
  counters.messages_dropped = outbox.dropped();
  counters.inbox_dropped = channel_->dropped_messages();
  counters.uptime += uptime();
  return counters;
}

}  // namespace hawser::detail
