#include "session_core.hpp"

#include <algorithm>
#include <utility>

#include <hawser/detail/longest_timer.hpp>

#include "../connection/scheduler.hpp"
#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"
#include "../socket/socket.hpp"
#include "../socket/utf8.hpp"
#include "../socket/validation.hpp"
#include "session_reports.hpp"

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// The delay before an attempt that an event of the page triggers. Also used after close code 1001:
/// when the user leaves a page, Firefox ends its connections with that code, and the page is gone
/// before the attempt starts.
constexpr milliseconds short_wait{1000};

/// Whether the peer closed for its own reason, in a Close frame that crossed with ours for a hidden
/// page.
bool is_of_peer(const CloseEvent& event) {
  return event.was_clean && event.code != close_code::normal_closure &&
         event.code != close_code::no_status_received;
}

}  // namespace

SessionCore::SessionCore(std::vector<Endpoint>&& endpoints, SessionOptions&& options,
                         SessionHandlers&& given)
    : PageListener([](PageListener& self, const PageChange& change) {
        static_cast<SessionCore&>(self).page_changed(change);
      }),
      handlers(std::move(given)),
      outbox(options.outbox),
      endpoints_(std::move(endpoints)),
      options_(std::move(options)),
      policy_(std::move(options_.reconnect)),
      heartbeat_(*this, options_.heartbeat),
      random_(options_.seed),
      receive_queue_({.max_bytes = options_.inbox.max_inbox_bytes,
                      .max_messages = options_.inbox.max_inbox_messages,
                      .when_full = options_.inbox.when_inbox_full,
                      .may_refuse_unread = false}) {
  listen();
  if (!endpoints_.empty()) url = endpoints_.front().url;
  if (options_.start == Start::later) return;
  if (!owner.is_this()) return;  // on a Wasm Worker, which can't use a session
  begin();
  if (!is_online()) wait_for_network({});
}

void SessionCore::release(std::shared_ptr<SessionCore> core) noexcept {
  struct Holder final : Retirable {
    explicit Holder(std::shared_ptr<SessionCore> of)
        : Retirable(destroy_as<Holder>), held(std::move(of)) {}
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
  if (Tether* const cut = std::exchange(core->tether, nullptr)) cut->notify(*cut, true);
  core->leave();
  core->timer_.leave();
  core->page_timer_.leave();
  core->heartbeat_.stop();
  core->notices_.cancel();
  release_alarm();
  core->socket_ = {};
  if (&session_reports) session_reports.released(*core);
  retire(RetirablePointer(new Holder(std::move(core))));
}

// The state

void SessionCore::become(const state::State& state, milliseconds delay) {
  state_ = state;
  timer_.start(delay);
  heartbeat_.stop();  // `flow` starts it
}

void SessionCore::enter(const state::State& state, milliseconds delay) {
  state_ = state;
  notices_.add(
      status());  // queued before the timer starts, so that on_status comes before the new state acts
  become(state, delay);
}

SessionState SessionCore::shown() const noexcept {
  return std::visit([](const auto& state) { return state.shown; }, state_);
}

SessionCore::Next SessionCore::next() const noexcept {
  if (const auto* const closing = in<state::Closing>()) return closing->next;
  if (const auto* const ending = in<state::Ending>()) return ending->next;
  if (const auto* const deciding = in<state::Deciding>()) return deciding->next;
  return Next::decide;
}

bool SessionCore::is_closed_by_app() const noexcept {
  const auto* const stopped = in<state::Stopped>();
  return next() == Next::stop || (stopped && stopped->why == StopReason::closed_by_app);
}

milliseconds SessionCore::uptime() const {
  if (const auto* const open = in<state::Open>()) return now() - open->since;
  if (const auto* const closing = in<state::Closing>()) return now() - closing->since;
  return milliseconds::zero();
}

bool SessionCore::flows() const noexcept {
  const auto* const open = in<state::Open>();
  return open && open->stage == Stage::flowing;
}

void SessionCore::timer_fired() {
  if (const auto* const waiting = in<state::Waiting>()) {
    if (is_grace_over()) return wait_for_page(waiting->earliest);
    policy_.paused(now() - waiting->due);  // no attempt could be made while timers were stopped
    return attempt();
  }
  if (const auto* const offline = in<state::Offline>()) {
    policy_.paused(now() - offline->since);
    return attempt();
  }
  if (in<state::Hidden>()) return timer_.start(longest_timer);
  if (in<state::Starting>()) return attempt();
  if (in<state::Requesting>()) return ended({.error = Error::connection_timed_out});
  if (const auto* const ending = in<state::Ending>()) return ended({.error = ending->error});
  if (const auto* const deciding = in<state::Deciding>()) return conclude(deciding->own);
  const auto* const open = in<state::Open>();
  if (!open) return;
  if (open->stage == Stage::opened) return call_on_open();
  if (open->stage == Stage::greeting) return after_on_open();
  if (socket_.ready_state() == ReadyState::open)
    timed_out();  // otherwise, it closes by its own deadline
}

// Connecting

void SessionCore::begin() {
  policy_.start(now());
  invalid_in_a_row_ = 0;
  enter(state::Starting(), milliseconds::zero());
  start_grace();
}

void SessionCore::attempt() {
  ++counters_.attempts;
  const bool was_waiting = shown() == SessionState::waiting;
  const bool must_ask = handlers.on_endpoint_request != nullptr;
  become(must_ask ? state::State(state::Requesting{++requests_}) : state::Connecting());
  if (was_waiting) notices_.add(status());
  if (!must_ask) {
    if (endpoints_.empty()) return end_later(Error::invalid_url, Next::decide);
    return connect_to(endpoints_[next_endpoint_++ % endpoints_.size()]);
  }
  timer_.start_deadline(options_.endpoint_timeout);
  handlers.on_endpoint_request(session(), EndpointRequest(weak_from_this(), requests_));
  if (!is_released_) notices_.deliver();
}

void SessionCore::answered(std::uint64_t number, const Endpoint* endpoint) {
  const auto* const requesting = in<state::Requesting>();
  if (is_released_ || !requesting || requesting->number != number) return;
  if (!endpoint) return end_later(Error::connection_failed, Next::decide);
  become(state::Connecting());
  connect_to(*endpoint);
}

void SessionCore::connect_to(const Endpoint& endpoint) {
  auto opened_socket =
      WebSocket::open(endpoint.url, {.protocols = endpoint.protocols,
                                     .connect_timeout = options_.connect_timeout,
                                     .close_timeout = options_.close_timeout,
                                     .drain_timeout = options_.drain_timeout,
                                     .max_message_size = options_.max_message_size});
  if (!opened_socket) return end_later(opened_socket.error(), Next::decide);
  socket_ = std::move(*opened_socket);
  if (&session_reports) session_reports.connecting(*this, *socket_.socket_);
  url = socket_.url();
  protocol.clear();
  extensions.clear();
  socket_.on_open([this] { opened(); });
  if (&session_values) {
    session_values.listen(*this);
  } else {
    socket_.on_message([this](const Message& message) { received(message); });
  }
  socket_.on_close([this](const CloseEvent& event) { ended(event); });
}

void SessionCore::opened() {
  enter(state::Open{.since = now()}, milliseconds::zero());
  heartbeat_.opened();
  ++counters_.connections;
  protocol = socket_.protocol();
  extensions = socket_.extensions();
  outbox.connection_open();
  start_grace();
  notices_.deliver();
  if (!is_released_) call_on_open();
}

void SessionCore::call_on_open() {
  auto* const open = in<state::Open>();
  if (!open || open->stage != Stage::opened) return;
  open->stage = Stage::greeting;
  timer_.start(milliseconds::zero());
  handlers.on_open(session());
  if (!is_released_) after_on_open();
}

void SessionCore::after_on_open() {
  auto* const open = in<state::Open>();
  if (!open || open->stage != Stage::greeting) return;
  if (options_.gate == Gate::open) return flow(*open);
  open->stage = Stage::gated;
  timer_.start_deadline(options_.ready_timeout);
}

std::expected<void, Error> SessionCore::ready() {
  auto* const open = in<state::Open>();
  if (ready_state() != ReadyState::open || open->stage == Stage::opened) {
    return std::unexpected(Error::still_connecting);
  }
  if (open->stage != Stage::flowing) flow(*open);
  return {};
}

void SessionCore::flow(state::Open& open) {
  open.stage = Stage::flowing;
  timer_.leave();
  notices_.add_dropped(drain());
  heartbeat_.start();
}

void SessionCore::timed_out() {
  if (&session_reports)
    session_reports.failed(*this, socket_.socket_.get(), Error::connection_timed_out);
  socket_ = {};
  ended({.error = Error::connection_timed_out});
}

// The page

void SessionCore::page_changed(const PageChange& change) {
  if (change.is_hidden) start_grace();
  is_seen_again_ = is_seen_again_ || change.is_seen_again;
  is_online_again_ = is_online_again_ || change.is_online_again;
  page_timer_.start(milliseconds::zero());
}

/// Timers may have been stopped while no one saw the page.
void SessionCore::check_page_state() {
  // When a page becomes visible again, that event may come after a timer that is due. So the next
  // turn decides.
  const bool was_grace_over = std::exchange(was_grace_over_, is_grace_over());
  if (was_grace_over_ && !was_grace_over) return page_timer_.start(milliseconds::zero());
  const bool is_seen_again = std::exchange(is_seen_again_, false);
  const bool is_online_again = std::exchange(is_online_again_, false);
  if (was_grace_over_) return close_hidden();
  watch_grace();
  if (const auto* const hidden = in<state::Hidden>()) {
    page_returned(hidden->earliest);
    return notices_.deliver();
  }
  if (flows()) return heartbeat_.check();
  if (const auto* const offline = in<state::Offline>()) {
    if (!is_online()) return;
    policy_.paused(now() - offline->since);
    return network_returned(offline->earliest);
  }
  const auto* const waiting = in<state::Waiting>();
  if (!waiting) return;
  if (!is_online()) {
    wait_for_network(waiting->earliest);
    return notices_.deliver();
  }
  if (is_online_again) return network_returned(waiting->earliest);
  if (is_seen_again) {
    policy_.forget_failures();
    const auto soon = std::max({waiting->earliest, waiting->since + short_wait, now()});
    if (soon < waiting->due) return wait_until(soon, waiting->earliest);
  }
  timer_.start(std::max(waiting->due - now(), milliseconds::zero()));
}

/// The page may stay hidden for that long again.
void SessionCore::start_grace() {
  grace_since_ = now();
  was_grace_over_ = false;
  if (!page_timer_.is_in_ring())
    watch_grace();  // otherwise it fires earlier, and takes care of the rest
}

/// Calls `check_page_state` once the page has been hidden for too long.
void SessionCore::watch_grace() {
  if (options_.when_hidden == WhenHidden::keep || is_visible() || in<state::Idle>() ||
      in<state::Stopped>())
    return;
  const auto grace = std::max(options_.hidden_grace, milliseconds::zero());
  page_timer_.start(std::max(grace - (now() - grace_since_), milliseconds::zero()));
}

/// Whether the page has been hidden for too long. Reads the clock, because a hidden page's timers
/// fire late.
bool SessionCore::is_grace_over() const {
  return options_.when_hidden == WhenHidden::close && !is_visible() &&
         now() - grace_since_ >= options_.hidden_grace;
}

/// Closes an open connection, and starts no attempts. An attempt in progress continues.
void SessionCore::close_hidden() {
  if (const auto* const open = in<state::Open>()) {
    return close_connection(*open, Next::hide, close_code::normal_closure, "page hidden");
  }
  const auto* const waiting = in<state::Waiting>();
  const auto* const offline = in<state::Offline>();
  if (!waiting && !offline) return;
  wait_for_page(waiting ? waiting->earliest : offline->earliest);
  notices_.deliver();
}

void SessionCore::wait_for_page(milliseconds earliest) {
  policy_.start(now());  // `page_returned` starts over
  enter(state::Hidden{.earliest = earliest}, longest_timer);
}

/// Starts over, like `reconnect`, as soon as the peer and the app allow it.
void SessionCore::page_returned(milliseconds earliest) {
  if (is_online() && earliest <= now()) {
    begin();
  } else {
    policy_.start(now());
    is_online() ? wait_until(earliest, earliest) : wait_for_network(earliest);
  }
}

void SessionCore::network_returned(milliseconds earliest) {
  policy_.forget_failures();
  if (earliest <= now()) return attempt();
  wait_until(earliest, earliest);
  notices_.deliver();
}

void SessionCore::wait_for_network(milliseconds earliest) {
  enter(state::Offline{.since = now(), .earliest = earliest}, longest_timer);
}

void SessionCore::wait_until(milliseconds due, milliseconds earliest) {
  const auto since = now();
  enter(state::Waiting{.since = since, .due = due, .earliest = earliest},
        std::max(due - since, milliseconds::zero()));
}

// Receiving

void SessionCore::count_received(std::uint64_t size) noexcept {
  heartbeat_.received();
  ++counters_.messages_received;
  counters_.bytes_received += size;
}

/// The app has decided whether a message is a pong. Returns whether the message ends here, because
/// no handler gets it.
bool SessionCore::ends_here(bool is_pong) {
  if (is_released_ || is_closed_by_app()) return true;
  if (!is_pong) return false;
  if (const auto time = heartbeat_.ponged()) counters_.round_trip = time;
  return true;
}

void SessionCore::received(const Message& message) {
  count_received(message.bytes().size());
  if (handlers.is_pong && ends_here(handlers.is_pong(session(), message))) return;
  if (handlers.on_message && receive_queue_.empty()) return handlers.on_message(session(), message);
  std::optional<Error> refusal;
  if (handlers.on_message) {
    refusal = receive_queue_.store(
        message);  // behind the messages that arrived before the handler was set
  } else {
    refusal = receive_queue_.received(message);
    resume_ready();
  }
  if (is_released_) return;
  if (!refusal) return handlers.on_message ? notices_.deliver() : void();
  if (&session_reports) session_reports.failed(*this, socket_.socket_.get(), *refusal);
  constexpr std::string_view reason = "message refused";
  [[maybe_unused]] const auto closed = socket_.close(refused_message_code, reason);
  ended({.code = refused_message_code, .reason = std::string(reason), .error = refusal});
}

// Ending

/// Ends the current attempt or connection from inside a call. The event loop reports it later.
void SessionCore::end_later(Error error, Next next) {
  if (&session_reports) session_reports.failed(*this, socket_.socket_.get(), error);
  const auto shown_before = shown();
  counters_.uptime += uptime();
  socket_ = {};
  become(state::Ending{.shown = shown_before, .error = error, .next = next}, milliseconds::zero());
}

void SessionCore::ended(const CloseEvent& event) {
  const auto shown_before = shown();
  const bool was_open = in<state::Open>();
  const auto open_for = uptime();
  state::Deciding deciding{.uptime = was_open ? std::max(open_for, milliseconds(1)) : open_for,
                           .own = {},
                           .next = next()};
  counters_.uptime += open_for;
  if (shown_before == SessionState::open || shown_before == SessionState::connecting) {
    if (event.error) notices_.add(*event.error);
    notices_.add(event);
  }
  socket_ = {};
  if (event.error) counters_.last_error = event.error;
  end_ = event;
  if (deciding.next == Next::hide && is_of_peer(event)) deciding.next = Next::decide;
  if (deciding.next == Next::decide) deciding.own = decide_on(event);
  notices_.add_dropped(outbox.connection_lost());
  become(deciding, milliseconds::zero());
  if (deciding.next != Next::decide || !handlers.decide_reconnect) return conclude(deciding.own);
  const Decision decided = handlers.decide_reconnect(session(), event, deciding.own);
  if (!is_released_ && in<state::Deciding>())
    conclude(decided);  // otherwise, the app has called `reconnect`
}

/// hawser's own decision: `decide`, except that an invalid endpoint is skipped if there are others.
Decision SessionCore::decide_on(const CloseEvent& event) {
  const Decision decision = decide(event, EndedBy::other, policy_.options());
  if (decision.why != StopReason::cannot_connect) {
    invalid_in_a_row_ = 0;
    return decision;
  }
  const bool is_other_left =
      !handlers.on_endpoint_request && ++invalid_in_a_row_ < endpoints_.size();
  return is_other_left ? Decision{} : decision;
}

void SessionCore::conclude(Decision decided) {
  const auto deciding = *in<state::Deciding>();
  switch (deciding.next) {
    case Next::stop: stop(StopReason::closed_by_app); break;
    case Next::restart: begin(); break;
    case Next::hide: is_grace_over() ? wait_for_page({}) : page_returned({}); break;
    case Next::decide: retry_or_stop(decided, deciding.uptime); break;
  }
  notices_.deliver();
}

void SessionCore::retry_or_stop(Decision decided, milliseconds uptime) {
  decided.delay = std::clamp(decided.delay, milliseconds::zero(), longest_timer);
  const auto since = now();
  const Decision decision = policy_.ended(decided, uptime, since, random_.next());
  if (!decision.reconnect) return stop(decision.why);
  const bool may_be_leaving = end_ && end_->code == close_code::going_away && !decided.skip_backoff;
  const auto earliest =
      since + std::max(decided.delay, may_be_leaving ? short_wait : milliseconds::zero());
  if (is_grace_over()) return wait_for_page(earliest);
  if (!is_online()) return wait_for_network(earliest);
  wait_until(std::max(since + decision.delay, earliest), earliest);
}

void SessionCore::stop(StopReason why) {
  if (why == StopReason::closed_by_app) notices_.add_dropped(outbox.clear());
  enter(state::Stopped{.why = why});
  page_timer_.leave();
  receive_queue_.close(end_.value_or(CloseEvent{}));
  resume_ready();
}

std::expected<void, Error> SessionCore::close(int code, std::string_view reason) {
  if (in<state::Stopped>()) return std::unexpected(Error::already_closed);
  if (next() == Next::stop) return std::unexpected(Error::already_closing);
  if (auto* const open = in<state::Open>()) {
    if (options_.gate == Gate::open) open->stage = Stage::flowing;
    notices_.add_dropped(drain());
    close_connection(*open, Next::stop, code, reason);
    return {};
  }
  if (auto* const closing = in<state::Closing>()) {
    closing->next = Next::stop;
  } else if (auto* const deciding = in<state::Deciding>()) {
    deciding->next = Next::stop;
  } else {
    end_later(Error::aborted, Next::stop);
  }
  return {};
}

void SessionCore::close_connection(state::Open open, Next next, int code, std::string_view reason) {
  const auto closed =
      code == seam::no_code ? socket_.socket_->close(code, {}) : socket_.close(code, reason);
  if (!closed && closed.error() == Error::browser_exception) return end_later(Error::aborted, next);
  become(state::Closing{.since = open.since,
                        .next = next});  // even if the socket has failed, because its end follows
}

void SessionCore::retry_now() {
  if (auto* const closing = in<state::Closing>(); closing && closing->next == Next::hide) {
    closing->next = Next::restart;
    return;
  }
  if (auto* const ending = in<state::Ending>()) {
    if (ending->next == Next::hide) ending->next = Next::restart;
    return;
  }
  switch (shown()) {
    case SessionState::connecting:
    case SessionState::open: return start_grace();
    case SessionState::waiting:
      if (in<state::Hidden>()) break;
      if (const auto* const offline = in<state::Offline>()) policy_.paused(now() - offline->since);
      start_grace();
      return enter(state::Starting(), milliseconds::zero());
    case SessionState::stopped: receive_queue_.reset(); break;
    case SessionState::idle: break;
  }
  begin();
}

std::expected<void, Error> SessionCore::reconnect(int code, std::string_view reason) {
  if (const auto error = check_close(code, reason)) return std::unexpected(*error);
  if (const auto* const open = in<state::Open>()) {
    close_connection(*open, Next::restart, code, reason);
    return {};
  }
  if (auto* const closing = in<state::Closing>()) {
    closing->next = Next::restart;
    return {};
  }
  if (auto* const ending = in<state::Ending>(); ending && ending->shown == SessionState::open) {
    ending->next = Next::restart;
    return {};
  }
  if (in<state::Stopped>()) receive_queue_.reset();
  socket_ = {};
  begin();
  return {};
}

// Sending

std::expected<SendResult, Error> SessionCore::send(const Message& message, Keep keep) {
  auto result = send_or_keep(message, keep);
  if (&session_reports) session_reports.sent(*this, message, result);
  return result;
}

bool SessionCore::is_kept_anyway(Keep keep) const noexcept {
  return options_.outbox.acknowledgement == Acknowledgement::by_app && keep == Keep::yes;
}

bool SessionCore::sends_at_once(Keep keep) const noexcept {
  return flows() && !is_kept_anyway(keep) && outbox.waiting() == 0;
}

void SessionCore::count_sent(std::uint64_t size) noexcept {
  ++counters_.messages_sent;
  counters_.bytes_sent += size;
}

std::expected<SendResult, Error> SessionCore::send_or_keep(const Message& message, Keep keep) {
  if (in<state::Stopped>() || next() == Next::stop) return std::unexpected(Error::already_closed);
  if (message.is_text() && !is_utf8(message.text())) return std::unexpected(Error::invalid_utf8);
  const bool is_open =
      ready_state() == ReadyState::open && (flows() || options_.gate == Gate::open);
  if (sends_at_once(keep)) {
    const auto sent = send_now(message);
    if (sent) return SendResult{.delivery = Delivery::sent};
    if (sent.error() == Error::browser_exception) return std::unexpected(sent.error());
  }
  auto pushed =
      outbox.push(message, keep, is_open && !is_kept_anyway(keep) ? Limits::none : Limits::apply);
  notices_.add_dropped(std::move(pushed.dropped));
  if (pushed.is_refused) return std::unexpected(Error::outbox_full);
  if (pushed.delivery != Delivery::kept) return SendResult{.delivery = pushed.delivery};
  if (!drain().empty()) return std::unexpected(Error::browser_exception);
  const bool is_sent = flows() && outbox.waiting() == 0;
  return SendResult{.delivery = is_sent ? Delivery::sent : Delivery::kept, .id = pushed.id};
}

std::expected<void, Error> SessionCore::send_now(const Message& message) {
  const auto sent = socket_.send(message);
  if (sent) count_sent(message.bytes().size());
  return sent;
}

std::expected<void, Error> SessionCore::restore(std::span<KeptMessage> messages,
                                                std::uint64_t next_id) {
  if (in<state::Stopped>() || next() == Next::stop) return std::unexpected(Error::already_closed);
  for (const KeptMessage& message : messages) {
    if (message.is_text() && !is_utf8(message.text())) return std::unexpected(Error::invalid_utf8);
  }
  if (const auto error = outbox.restore(messages, next_id)) return std::unexpected(*error);
  notices_.add_dropped(drain());
  return {};
}

/// Hands the messages in the outbox to the browser. Messages stay if the browser does not take them
/// because the peer has begun to close. A message that can never be sent is dropped. If it is the
/// newest one, it is returned, and the caller reports it.
MessageList SessionCore::drain() {
  MessageList refused;
  if (!flows()) return refused;
  while (const KeptMessage* const oldest = outbox.next()) {
    notices_.add_dropped(std::exchange(refused, {}));
    const auto sent = send_now(*oldest);
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

// Reading

SessionStatus SessionCore::status() const {
  const auto* const waiting = in<state::Waiting>();
  const auto* const stopped = in<state::Stopped>();
  return {.state = shown(),
          .attempt = shown() == SessionState::open ? 0 : policy_.attempt(),
          .retry_in =
              waiting ? std::max(waiting->due - now(), milliseconds::zero()) : milliseconds::zero(),
          .is_offline = in<state::Offline>() != nullptr,
          .is_hidden = in<state::Hidden>() != nullptr,
          .why = stopped ? stopped->why : StopReason::none,
          .end = end_};
}

ReadyState SessionCore::ready_state() const noexcept {
  const auto state = shown();
  if (state == SessionState::idle || state == SessionState::stopped) return ReadyState::closed;
  if (next() != Next::decide) return ReadyState::closing;
  if (state != SessionState::open) return ReadyState::connecting;
  return socket_.ready_state() == ReadyState::open ? ReadyState::open : ReadyState::closing;
}

SessionCounters SessionCore::counters() const {
  SessionCounters counters = counters_;
  counters.outbox_dropped = outbox.dropped();
  counters.inbox_dropped = receive_queue_.dropped();
  counters.uptime += uptime();
  return counters;
}

}  // namespace hawser::detail
