#include <hawser/observe.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hawser/detail/ring.hpp>
#include <hawser/detail/waiter.hpp>

#include "../connection/scheduler.hpp"
#include "../session/session_core.hpp"
#include "../session/session_reports.hpp"
#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"
#include "../socket/socket.hpp"
#include "../socket/socket_reports.hpp"
#include "observer_core.hpp"

// Collects events, and calls the handlers at the end of the outermost browser event. Never calls
// them inside a call of the app, because a handler could destroy the object that is being called.

namespace hawser::detail {

namespace {

/// An event, kept until all handlers have been called with it. Its views are set just before that,
/// because the text they refer to is in the batch, which may move until then.
struct Record {
  Observation seen;
  std::uint64_t number;
  std::size_t text;        // index in the batch of its text or data
  std::size_t first_size;  // size of the first of two texts, or of the data
  std::size_t other_size;
};

struct Batch {
  std::vector<Record> records;
  std::vector<char> text;
  std::size_t delivered = 0;

  bool empty() const noexcept { return delivered == records.size(); }
};

struct SocketOfSession {
  std::uint64_t socket;
  std::uint64_t session;
};

/// All collected events of one thread.
struct Observed : Timer {
  Observed() : Timer([](Timer&) {}) {}  // the timer's event delivers when it ends

  Ring<ObserverCore> observers;
  std::size_t max_data_bytes = 0;  // the largest that an observer asked for
  bool with_buffered_amount = false;

  Batch batches[2];
  Batch* noted = &batches[0];
  Batch* delivering = &batches[1];
  std::uint64_t last_number = 0;
  std::size_t delivering_depth = 0;  // depth of the event that delivers; 0 if none does

  std::vector<SocketOfSession> sockets;  // in ascending order
  std::vector<std::pair<const SessionCore*, std::uint64_t>> sessions;
  std::uint64_t receiving_socket = 0;
};

constinit thread_local Observed* observed = nullptr;
constinit thread_local std::uint64_t last_session =
    0;  // outlives `observed`, so that ids are not reused

Observed& this_thread() {
  if (!observed) observed = new Observed;
  return *observed;
}

/// Frees the state once nothing needs it.
void tidy() noexcept {
  if (!observed || !observed->observers.empty() || !observed->sessions.empty() ||
      observed->delivering_depth > 0)
    return;
  delete std::exchange(observed, nullptr);
}

bool is_observed() noexcept { return observed && !observed->observers.empty(); }

bool is_delivering() noexcept { return observed->delivering_depth > 0; }

std::uint64_t session_of(std::uint64_t socket) noexcept {
  const auto& sockets = observed->sockets;
  if (sockets.empty()) return 0;
  if (sockets.back().socket == socket) return sockets.back().session;
  const auto found = std::ranges::lower_bound(sockets, socket, {}, &SocketOfSession::socket);
  return found != sockets.end() && found->socket == socket ? found->session : 0;
}

std::uint64_t id_of(const SessionCore& session) {
  auto& sessions = this_thread().sessions;
  const auto found =
      std::ranges::find(sessions, &session, &std::pair<const SessionCore*, std::uint64_t>::first);
  if (found != sessions.end()) return found->second;
  sessions.emplace_back(&session, ++last_session);
  return last_session;
}

std::uint64_t id_of(const Socket& socket) noexcept {
  return static_cast<std::uint64_t>(socket.id());
}

void forget(std::uint64_t socket) noexcept {
  std::erase_if(observed->sockets, [socket](const auto& one) { return one.socket == socket; });
}

Observation& note(ObservationType type, std::uint64_t socket, std::uint64_t session,
                  std::string_view first = {}, std::string_view other = {}) {
  auto& [records, text, delivered] = *observed->noted;
  // Inside an event, its end delivers.
  if (records.empty() && event_depth() == 0) observed->start(std::chrono::milliseconds::zero());
  Record& record = records.emplace_back();
  record.number = ++observed->last_number;
  record.text = text.size();
  record.first_size = first.size();
  record.other_size = other.size();
  if (!first.empty()) text.insert(text.end(), first.begin(), first.end());
  if (!other.empty()) text.insert(text.end(), other.begin(), other.end());
  record.seen.type = type;
  record.seen.time = seam::hawser_now();
  record.seen.socket = socket;
  record.seen.session = session;
  return record.seen;
}

Observation& note(ObservationType type, const Socket& socket, std::string_view first = {},
                  std::string_view other = {}) {
  const auto id = id_of(socket);
  return note(type, id, session_of(id), first, other);
}

Observation& note_message(ObservationType type, std::uint64_t socket, std::uint64_t session,
                          const Message& message) {
  Observation& seen =
      note(type, socket, session,
           message.text().substr(0, std::min(message.size(), observed->max_data_bytes)));
  seen.message_type = message.type();
  seen.size = message.size();
  return seen;
}

void note_refusal(std::uint64_t socket, std::uint64_t session, const Message& message,
                  Error error) {
  Observation& seen = note_message(ObservationType::error, socket, session, message);
  seen.error = error;
  seen.is_refusal = true;
}

void opening(const Socket& socket, const std::string_view& url, const std::string_view& protocols) {
  if (!is_observed()) return;
  std::string list;
  for (const char c : protocols) {
    list += c;
    if (c == ',') list += ' ';
  }
  if (!list.empty()) list.resize(list.size() - 2);
  note(ObservationType::opening, socket, url, list);
}

void opened(const Socket& socket) {
  if (!is_observed()) return;
  note(ObservationType::open, socket, socket.property(seam::protocol),
       socket.property(seam::extensions));
}

std::expected<void, Error> send(Socket& socket, MessageType type, const std::byte* data,
                                std::size_t size) {
  const auto result = socket.hand_over(type, data, size);
  if (!is_observed() || is_delivering()) return result;
  const auto id = id_of(socket);
  const Message message(type, {data, size});
  if (!result) {
    note_refusal(id, session_of(id), message, result.error());
  } else {
    Observation& seen = note_message(ObservationType::sent, id, session_of(id), message);
    if (observed->with_buffered_amount) seen.buffered_amount = socket.buffered_amount();
  }
  return result;
}

void sent_value(const Socket& socket, const std::expected<void, Error>& result) {
  if (!is_observed() || is_delivering()) return;
  Observation& seen = note(result ? ObservationType::sent : ObservationType::error, socket);
  seen.is_value = true;
  if (result && observed->with_buffered_amount) seen.buffered_amount = socket.buffered_amount();
  if (result) return;
  seen.error = result.error();
  seen.is_refusal = true;
}

void received(const Socket& socket, const Message& message) {
  if (!is_observed()) return;
  observed->receiving_socket = id_of(socket);
  note_message(ObservationType::received, id_of(socket), session_of(id_of(socket)), message);
}

void received_value(const Socket& socket) {
  if (is_observed()) note(ObservationType::received, socket).is_value = true;
}

void socket_failed(const Socket& socket, Error error) {
  if (is_observed()) note(ObservationType::error, socket).error = error;
}

void closed(const Socket& socket, const CloseEvent& end) {
  if (!observed) return;
  if (is_observed()) {
    Observation& seen = note(ObservationType::close, socket, end.reason);
    seen.code = end.code;
    seen.was_clean = end.was_clean;
    seen.error = end.error;
  }
  forget(id_of(socket));
}

void socket_released(const Socket& socket) {
  if (!socket.has_ended()) closed(socket, {.error = Error::destroyed});
}

void dropped_from_inbox(const Message& message) {
  if (!is_observed()) return;
  const auto socket = observed->receiving_socket;
  note_message(ObservationType::drop, socket, session_of(socket), message).dropped_from =
      DroppedFrom::inbox;
}

void connecting(const SessionCore& session, const Socket& socket) {
  const auto id = id_of(session);
  observed->sockets.push_back({.socket = id_of(socket), .session = id});
  auto& records = observed->noted->records;
  if (!records.empty() && records.back().seen.socket == id_of(socket))
    records.back().seen.session = id;
}

void session_changed(const SessionCore& session, const SessionStatus& status) {
  const auto id = id_of(session);
  if (!is_observed()) return;
  Observation& seen = note(ObservationType::state, 0, id);
  seen.state = status.state;
  seen.attempt = status.attempt;
  seen.is_offline = status.is_offline;
  seen.is_hidden = status.is_hidden;
  seen.why = status.why;
  if (status.state != SessionState::waiting || status.is_offline || status.is_hidden) return;
  Observation& retry = note(ObservationType::retry, 0, id);
  retry.attempt = status.attempt;
  retry.delay = status.retry_in;
}

void session_dropped(const SessionCore& session, const Message& message) {
  if (!is_observed()) return;
  note_message(ObservationType::drop, 0, id_of(session), message).dropped_from =
      DroppedFrom::outbox;
}

void session_sent(const SessionCore& session, const Message& message,
                  const std::expected<SendResult, Error>& result) {
  if (!is_observed() || is_delivering()) return;
  if (result && result->delivery == Delivery::dropped) return session_dropped(session, message);
  // The socket has already reported the browser's exception.
  if (result || result.error() == Error::browser_exception) return;
  note_refusal(0, id_of(session), message, result.error());
}

void session_failed(const SessionCore& session, const Socket* socket, Error error) {
  if (!is_observed()) return;
  // Nothing can fail while a session waits: in this case, the app has called `close`.
  if (const auto state = session.status().state;
      state != SessionState::connecting && state != SessionState::open)
    return;
  note(ObservationType::error, socket ? id_of(*socket) : 0, id_of(session)).error = error;
}

void session_released(const SessionCore& session) {
  if (!observed) return;
  std::erase_if(observed->sessions, [&](const auto& one) { return one.first == &session; });
  tidy();
}

void complete(Record& record, const std::vector<char>& text) {
  Observation& seen = record.seen;
  const std::string_view all(text.data(), text.size());
  const std::string_view first = all.substr(record.text, record.first_size);
  const std::string_view other = all.substr(record.text + record.first_size, record.other_size);
  switch (seen.type) {
    case ObservationType::opening:
      seen.url = first;
      seen.protocols = other;
      break;
    case ObservationType::open:
      seen.protocol = first;
      seen.extensions = other;
      break;
    case ObservationType::close: seen.reason = first; break;
    default: seen.data = std::as_bytes(std::span(first)); break;
  }
}

/// Returns an observer that has not seen the record yet, or null.
ObserverCore* next_observer(const Record& record) noexcept {
  for (Link* link = &observed->observers.next(); link != &observed->observers;
       link = &link->next()) {
    auto& observer = static_cast<ObserverCore&>(*link);
    if (observer.last_seen < record.number) return &observer;
  }
  return nullptr;
}

void call(ObserverCore& observer, const Record& record) {
  observer.last_seen = record.number;  // before the call, which may throw
  if (record.seen.data.size() <= observer.options.max_data_bytes)
    return observer.handler(record.seen);
  Observation shorter = record.seen;
  shorter.data = shorter.data.first(observer.options.max_data_bytes);
  observer.handler(shorter);
}

/// Calls the handlers for all events collected so far. Events that the handlers cause are delivered
/// in a later turn of the event loop, so that this loop always ends.
void deliver_now() {
  observed->delivering_depth = event_depth();
  if (observed->delivering->empty()) std::swap(observed->noted, observed->delivering);
  Batch& batch = *observed->delivering;
  while (!batch.empty()) {
    Record& record = batch.records[batch.delivered];
    complete(record, batch.text);
    while (ObserverCore* const observer = next_observer(record)) call(*observer, record);
    ++batch.delivered;
  }
  batch.records.clear();
  batch.text.clear();
  batch.delivered = 0;
  observed->delivering_depth = 0;
  if (!observed->noted->empty()) observed->start(std::chrono::milliseconds::zero());
  tidy();
}

bool has_any() noexcept {
  return observed && !(observed->noted->empty() && observed->delivering->empty());
}

void deliver() {
  if (event_depth() == 1 && has_any() && !is_delivering()) deliver_now();
}

void deliver_later() {
  if (!observed) return;
  if (event_depth() <= observed->delivering_depth)
    observed->delivering_depth = 0;  // a handler of an observer threw
  if (has_any()) observed->start(std::chrono::milliseconds::zero());
}

/// Combines what all observers ask for.
void update_options() noexcept {
  observed->max_data_bytes = 0;
  observed->with_buffered_amount = false;
  for (Link* link = &observed->observers.next(); link != &observed->observers;
       link = &link->next()) {
    const ObserveOptions& options = static_cast<ObserverCore&>(*link).options;
    observed->max_data_bytes = std::max(observed->max_data_bytes, options.max_data_bytes);
    observed->with_buffered_amount = observed->with_buffered_amount || options.with_buffered_amount;
  }
}

}  // namespace

const SocketReports socket_reports{.opening = opening,
                                   .opened = opened,
                                   .send = send,
                                   .sent_value = sent_value,
                                   .received = received,
                                   .received_value = received_value,
                                   .failed = socket_failed,
                                   .closed = closed,
                                   .released = socket_released,
                                   .dropped_from_inbox = dropped_from_inbox,
                                   .deliver = deliver,
                                   .deliver_later = deliver_later};

const SessionReports session_reports{.connecting = connecting,
                                     .changed = session_changed,
                                     .sent = session_sent,
                                     .dropped = session_dropped,
                                     .failed = session_failed,
                                     .released = session_released};

void deliver_observations() {
  if (has_any() && !is_delivering()) deliver_now();
}

}  // namespace hawser::detail

namespace hawser {

Observer observe(Handler<void(const Observation&)> handler, const ObserveOptions& options) {
  Observer observer;
  observer.core_.reset(new detail::ObserverCore(std::move(handler), options));
  detail::Observed& here = detail::this_thread();
  observer.core_->last_seen = here.last_number;
  observer.core_->join(here.observers);
  detail::update_options();
  return observer;
}

void Observer::Release::operator()(detail::ObserverCore* core) const noexcept {
  if (!detail::mine(core)) {
    core->owner.post(
        [](void* released) { Release()(static_cast<detail::ObserverCore*>(released)); }, core);
    return;
  }
  core->leave();
  if (detail::observed) {
    detail::update_options();
    if (detail::observed->observers.empty() && !detail::is_delivering()) {
      for (auto& batch : detail::observed->batches) batch = {};
      detail::observed->leave();
      detail::release_alarm();
    }
    detail::tidy();
  }
  detail::retire(detail::RetirablePointer(core));
}

}  // namespace hawser
