#include <hawser/testing/browser.hpp>
#include <hawser/testing/peer.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include <hawser/close.hpp>
#include <hawser/ready_state.hpp>

#include "describe.hpp"
#include "script.hpp"
#include "state.hpp"

namespace hawser::testing {

namespace {

using script::Call;

bool is_message(const Call& call) {
  return call.what == Call::What::text || call.what == Call::What::binary;
}

std::string payload(const Call& call) {
  return call.what == Call::What::binary ? from_hex(call.data) : call.data;
}

Message to_message(const Call& call, std::string_view payload) {
  return {call.what == Call::What::text ? MessageType::text : MessageType::binary,
          std::as_bytes(std::span(payload))};
}

CloseFrame to_close_frame(const Call& call) {
  CloseFrame frame{.code = close_code::no_status_received};
  if (call.what != Call::What::close) return frame;
  const char* const begin = call.data.data();
  const char* const end = begin + call.data.size();
  int code = 0;
  const char* const rest = std::from_chars(begin, end, code).ptr;
  if (code != 0) frame.code = code;
  frame.reason.assign(rest + 1, end);
  return frame;
}

/// Why no server can send this Close frame, or nothing if one can. The code 1005 stands for a frame
/// without a code.
std::string find_fault(int code, std::string_view reason) {
  if (code < close_code::normal_closure || code > 4999 || code == close_code::abnormal_closure ||
      code == close_code::tls_handshake) {
    return "no Close frame may have the code " + std::to_string(code) +
           " (cut() ends a connection without a Close frame)";
  }
  if (reason.size() > max_close_reason_size) {
    return "a close reason has at most " + std::to_string(max_close_reason_size) +
           " bytes, and this one has " + std::to_string(reason.size());
  }
  if (code == close_code::no_status_received && !reason.empty())
    return "a Close frame without a code has no reason";
  return {};
}

/// Whether a handshake fails if the server selects none of the offered subprotocols.
bool needs_protocol(Engine engine) { return engine != Engine::firefox && engine != Engine::webkit; }

}  // namespace

std::string Peer::url() const { return script::url(number_); }

std::vector<std::string> Peer::protocols() const {
  const std::string list = script::protocols(number_);
  std::vector<std::string> protocols;
  for (std::size_t begin = 0; begin < list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    protocols.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return protocols;
}

bool Peer::is_open() const {
  return script::ready_state(number_) == static_cast<int>(ReadyState::open);
}

/// Whether the application's page was left. In that case, nothing that the peer does reaches it.
bool Peer::is_lost() const {
  const auto& lost = browser_->state_->lost;
  return std::ranges::find(lost, number_) != lost.end();
}

// Where the connection is

/// The state that a server could be in. Without a close event, as in Node 20, an engine stays
/// `connecting` after a failed handshake.
ReadyState Peer::ready_state() const {
  if (browser_->state_->record(number_).has_failed) return ReadyState::closed;
  return static_cast<ReadyState>(script::ready_state(number_));
}

std::string Peer::state() const {
  if (browser_->state_->record(number_).has_failed) return "the handshake has failed";
  switch (ready_state()) {
    case ReadyState::connecting: return "the connection is not open yet: accept() opens it";
    case ReadyState::open: return "the connection is open";
    case ReadyState::closing: return "the connection is closing";
    case ReadyState::closed: return "the connection is closed";
  }
  return {};
}

/// Whether the application gave up before the peer answered. The peer can't know that yet.
bool Peer::is_given_up_early() const {
  const auto& record = browser_->state_->record(number_);
  return !record.is_answered && record.has_ended() && !is_open();
}

// Actions

std::string Peer::cannot(std::string_view action, std::string_view why) const {
  return "the peer can't " + std::string(action) + " on " + url() + ": " + std::string(why);
}

std::string Peer::try_to_accept(const Handshake& answer) {
  if (is_lost()) return {};
  const bool is_connecting = ready_state() == ReadyState::connecting;
  if (!is_connecting && !is_given_up_early()) return cannot("accept the connection", state());
  browser_->state_->record(number_).is_answered = true;
  if (!is_connecting) return {};
  const auto offered = protocols();
  const std::string protocol =
      answer.protocol.value_or(offered.empty() ? std::string() : offered.front());
  const bool is_valid = protocol.empty()
                            ? offered.empty() || !needs_protocol(browser_->state_->engine)
                            : std::ranges::find(offered, protocol) != offered.end();
  is_valid ? raise_open(protocol, answer.extensions) : fail_handshake();
  return {};
}

std::string Peer::try_to_refuse() {
  if (is_lost()) return {};
  if (ready_state() != ReadyState::connecting && !is_given_up_early())
    return cannot("refuse the connection", state());
  fail_handshake();
  return {};
}

void Peer::fail_handshake() {
  auto& record = browser_->state_->record(number_);
  record.is_answered = true;
  record.has_failed = true;
  raise_error();
  if (browser_->state_->engine != Engine::node20)
    raise_close(close_code::abnormal_closure, {}, false);
}

std::string Peer::try_to_send(const Message& message) {
  if (!is_open()) {  // an open connection is not looked up: tests count what a message allocates
    if (is_lost() || ready_state() == ReadyState::closed) return {};
    if (ready_state() == ReadyState::connecting)
      return cannot("send " + describe(message), state());
    if (browser_->state_->record(number_).has_begun_to_close)
      return cannot("send " + describe(message), "it has sent its Close frame");
  }
  raise_message(message);
  return {};
}

std::string Peer::try_to_close(int code, std::string_view reason) {
  const auto fault = find_fault(code, reason);
  if (!fault.empty()) return cannot("close the connection", fault);
  if (is_lost() || is_given_up_early() || ready_state() == ReadyState::closed) return {};
  if (ready_state() == ReadyState::connecting) return cannot("close the connection", state());
  raise_close(code, reason, true);
  return {};
}

std::string Peer::try_to_begin_close() {
  if (is_lost()) return {};
  if (ready_state() == ReadyState::connecting) return cannot("close the connection", state());
  auto& record = browser_->state_->record(number_);
  if (ready_state() != ReadyState::closed && std::exchange(record.has_begun_to_close, true))
    return cannot("close the connection", "it has sent its Close frame");
  if (is_open()) raise_closing();
  return {};
}

std::string Peer::try_to_answer_close() {
  if (is_lost() || ready_state() == ReadyState::closed) return {};
  const auto& record = browser_->state_->record(number_);
  const Call* const call = record.close_frame();
  if (!call && !record.is_given_up()) {
    return cannot("answer a Close frame", record.stalled_after < record.calls.size()
                                              ? "it reads nothing: resume() lets it read"
                                              : "the application has sent none");
  }
  const auto frame =
      call ? to_close_frame(*call) : CloseFrame{.code = close_code::no_status_received};
  raise_close(frame.code, frame.reason, true);
  return {};
}

void Peer::cut() {
  if (is_lost() || ready_state() == ReadyState::closed) return;
  if (ready_state() == ReadyState::connecting) return fail_handshake();
  if (browser_->state_->engine == Engine::node26 && is_open()) raise_error();
  raise_close(close_code::abnormal_closure, {}, false);
}

void Peer::stall() {
  auto& record = browser_->state_->record(number_);
  record.stalled_after = record.readable();
  script::stall(number_, true);
}

void Peer::resume() {
  browser_->state_->record(number_).stalled_after = Browser::State::Record::reads_all;
  script::stall(number_, false);
  set_buffered_amount(0);
}

void Peer::set_buffered_amount(double bytes) { script::set_buffered_amount(number_, bytes); }

void Peer::raise_open(std::string_view protocol, std::string_view extensions) {
  if (!is_lost()) script::open(number_, protocol, extensions);
}

void Peer::raise_message(Payload payload) {
  if (!is_lost()) script::message(number_, payload.message());
}

void Peer::raise_error() {
  if (!is_lost()) script::error(number_);
}

void Peer::raise_closing() {
  if (!is_lost()) script::begin_closing(number_);
}

void Peer::raise_close(int code, std::string_view reason, bool was_clean) {
  if (!is_lost()) script::close(number_, code, reason, was_clean);
}

void Peer::on_message(Handler<void(const Message&)> handler) {
  browser_->state_->record(number_).on_message = std::move(handler);
  browser_->state_->answer_by_itself(number_);
}

void Peer::on_close(Handler<void(const CloseFrame&)> handler) {
  browser_->state_->record(number_).on_close = std::move(handler);
  browser_->state_->answer_by_itself(number_);
}

/// Calls its handlers with everything that it has not received yet.
void Peer::attend() {
  auto& record = browser_->state_->record(number_);
  while (record.on_message) {
    const auto message = try_receive();
    if (!message) break;
    record.on_message(*message);
  }
  const Call* const frame = browser_->state_->record(number_).close_frame();
  if (!frame || !record.on_close || std::exchange(record.has_reported_close, true)) return;
  record.on_close(to_close_frame(*frame));
}

std::optional<OwnedMessage> Peer::try_receive() {
  auto& record = browser_->state_->record(number_);
  const Call* const call = record.next();
  if (!call || !is_message(*call)) return std::nullopt;
  ++record.received;
  const std::string bytes = payload(*call);
  return OwnedMessage(to_message(*call, bytes));
}

// Expectations

std::pair<std::optional<OwnedMessage>, std::string> Peer::next_message() {
  browser_->run_until_idle();
  if (auto message = try_receive()) return {std::move(message), std::string()};
  return {std::nullopt, "expected a message from the application, but " + what_else()};
}

std::string Peer::compare_message(const Message& expected) {
  browser_->run_until_idle();
  const auto message = try_receive();
  const std::string sentence = "expected " + describe(expected) + " from the application, but ";
  if (!message) return sentence + what_else();
  if (message->type() == expected.type() && std::ranges::equal(message->bytes(), expected.bytes()))
    return {};
  return sentence + "it sent " + describe(*message);
}

std::string Peer::find_something() {
  browser_->run_until_idle();
  const Call* const call = browser_->state_->record(number_).next();
  return call ? "expected nothing more from the application, but it " + describe(*call)
              : std::string();
}

std::pair<std::optional<CloseFrame>, std::string> Peer::next_close() {
  browser_->run_until_idle();
  auto& record = browser_->state_->record(number_);
  const Call* const call = record.next();
  if (!call || is_message(*call)) {
    return {std::nullopt, "expected the application to close the connection, but " + what_else()};
  }
  ++record.received;
  return {to_close_frame(*call), {}};
}

/// What the application did instead of what was expected.
std::string Peer::what_else() const {
  const auto& record = browser_->state_->record(number_);
  const std::string where = " on " + url();
  if (const Call* const call = record.next())
    return "it " + describe(*call) + where + describe_exceptions();
  if (record.stalled_after < record.calls.size()) {
    return "the peer reads nothing" + where + ": resume() lets it read" + describe_exceptions();
  }
  const std::string silence =
      record.received == 0 ? "it has sent nothing" : "it has sent nothing more";
  return silence + where + ": " + (is_lost() ? "the page was left" : state()) +
         describe_exceptions();
}

}  // namespace hawser::testing
