#include <hawser/session.hpp>

#include <atomic>
#include <iterator>
#include <utility>

#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"
#include "../socket/validation.hpp"
#include "session_core.hpp"

// The public face of SessionCore: each call checks that there is a session, and that it belongs to
// this thread.

namespace hawser {

namespace {

using detail::mine;

/// The error if there is no session, or if it belongs to another thread.
std::unexpected<Error> refused(const auto& core) {
  return std::unexpected(core ? Error::wrong_thread : Error::no_connection);
}

}  // namespace

Session::Session(std::string_view url, SessionOptions options, SessionHandlers handlers)
    : Session(std::vector<Endpoint>{{.url = std::string(url)}}, std::move(options),
              std::move(handlers)) {}

Session::Session(std::vector<Endpoint> endpoints, SessionOptions options, SessionHandlers handlers)
    : core_(std::make_shared<detail::SessionCore>(std::move(endpoints), std::move(options),
                                                  std::move(handlers))) {
  own();
}

void Session::own() noexcept {
  if (core_) core_->owning.store(this, std::memory_order_relaxed);
}

Session::Session(Session&& other) noexcept : core_(std::move(other.core_)) { own(); }

// The old session is destroyed last, because its handlers may own this object.
Session& Session::operator=(Session&& other) noexcept {
  Session old = std::move(other);
  std::swap(core_, old.core_);
  own();
  return *this;
}

Session::~Session() {
  if (core_) detail::SessionCore::release(std::move(core_));
}

void Session::on_open(HandlerOf<Session, void()> handler) {
  if (mine(core_.get())) detail::replace(core_->handlers.on_open, std::move(handler));
}

void Session::on_message(HandlerOf<Session, void(const Message&)> handler) {
  if (!mine(core_.get())) return;
  detail::replace(core_->handlers.on_message, std::move(handler));
  if (!core_->receive_queue()->empty()) core_->deliver_soon();
}

void Session::on_error(HandlerOf<Session, void(Error)> handler) {
  if (mine(core_.get())) detail::replace(core_->handlers.on_error, std::move(handler));
}

void Session::on_close(HandlerOf<Session, void(const CloseEvent&)> handler) {
  if (mine(core_.get())) detail::replace(core_->handlers.on_close, std::move(handler));
}

void Session::on_status(HandlerOf<Session, void(const SessionStatus&)> handler) {
  if (mine(core_.get())) detail::replace(core_->handlers.on_status, std::move(handler));
}

void Session::on_drop(HandlerOf<Session, void(const KeptMessage&)> handler) {
  if (mine(core_.get())) detail::replace(core_->handlers.on_drop, std::move(handler));
}

std::expected<SendResult, Error> Session::send(Payload payload, Keep keep) {
  return mine(core_.get()) ? core_->send(payload.message(), keep) : refused(core_);
}

std::expected<void, Error> Session::send_now(Payload payload) {
  return mine(core_.get()) ? core_->send_now(payload.message()) : refused(core_);
}

std::size_t SessionOutbox::size() const noexcept { return mine(core_) ? core_->outbox.size() : 0; }

std::size_t SessionOutbox::bytes() const noexcept {
  return mine(core_) ? core_->outbox.bytes() : 0;
}

std::uint64_t SessionOutbox::next_id() const noexcept {
  return mine(core_) ? core_->outbox.next_id() : 0;
}

std::size_t SessionOutbox::acknowledge(std::uint64_t id) {
  return mine(core_) ? core_->outbox.acknowledge(id) : 0;
}

std::size_t SessionOutbox::acknowledge_one(std::uint64_t id) {
  return mine(core_) ? core_->outbox.acknowledge_one(id) : 0;
}

std::span<const KeptMessage> SessionOutbox::messages() const noexcept {
  return mine(core_) ? core_->outbox.messages() : std::span<const KeptMessage>();
}

std::vector<KeptMessage> SessionOutbox::take_all() {
  if (!mine(core_)) return {};
  auto taken = core_->outbox.take_all();
  return {std::move_iterator(taken.begin()), std::move_iterator(taken.end())};
}

std::expected<void, Error> SessionOutbox::restore(std::vector<KeptMessage>&& messages,
                                                  std::uint64_t next_id) {
  const auto restored = mine(core_) ? core_->restore(messages, next_id) : refused(core_);
  if (restored) messages.clear();
  return restored;
}

Receive Session::receive() { return Receive(core_ ? core_->receive_queue() : nullptr); }

detail::Limited<Receive> Session::receive(WaitOptions options) {
  return detail::Limited<Receive>(std::move(options), core_ ? core_->receive_queue() : nullptr);
}

std::expected<OwnedMessage, ReceiveError> Session::try_receive() {
  return detail::try_receive(core_ ? core_->receive_queue() : nullptr);
}

std::size_t Session::inbox_size() const noexcept {
  return mine(core_.get()) ? core_->receive_queue()->size() : 0;
}

std::size_t Session::inbox_bytes() const noexcept {
  return mine(core_.get()) ? core_->receive_queue()->bytes() : 0;
}

std::expected<void, Error> Session::close(int code, std::string_view reason) {
  if (!mine(core_.get())) return refused(core_);
  if (const auto error = check_close(code, reason)) return std::unexpected(*error);
  return core_->close(code, reason);
}

detail::SessionCore* detail::core_of(Session& session) noexcept { return session.core_.get(); }

std::expected<void, Error> detail::close_without_code(Session& session) {
  SessionCore* const core = core_of(session);
  return core ? core->close(seam::no_code, {}) : std::unexpected(Error::no_connection);
}

std::expected<void, Error> Session::ready() {
  return mine(core_.get()) ? core_->ready() : refused(core_);
}

void Session::retry_now() {
  if (mine(core_.get())) core_->retry_now();
}

std::expected<void, Error> Session::reconnect(int code, std::string_view reason) {
  return mine(core_.get()) ? core_->reconnect(code, reason) : refused(core_);
}

SessionStatus Session::status() const {
  return mine(core_.get()) ? core_->status() : SessionStatus{};
}

SessionCounters Session::counters() const {
  return mine(core_.get()) ? core_->counters() : SessionCounters{};
}

ReadyState Session::ready_state() const noexcept {
  return mine(core_.get()) ? core_->ready_state() : ReadyState::closed;
}

std::uint64_t Session::buffered_amount() const noexcept {
  return mine(core_.get()) ? core_->socket().buffered_amount() : 0;
}

std::string Session::url() const { return mine(core_.get()) ? core_->url : std::string(); }

std::string Session::protocol() const {
  return mine(core_.get()) ? core_->protocol : std::string();
}

std::string Session::extensions() const {
  return mine(core_.get()) ? core_->extensions : std::string();
}

}  // namespace hawser
