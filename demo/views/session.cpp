// The C++ half of the page's session: it owns the session, and knows the fate of each message. The
// other half is session.mjs. server/sessions.mjs describes the protocol.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <ranges>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

namespace {

using emscripten::val;
using namespace std::chrono_literals;

/// What has happened to a message, as far as this side knows.
enum class Fate : std::uint8_t { kept, sent, acknowledged, dropped };

struct Sent {
  std::uint64_t number;
  Fate fate;
};

/// What the server has of all numbers up to its last one.
struct Tally {
  std::uint64_t last = 0, taken = 0, repeated = 0, missing = 0;
};

constexpr std::size_t shown_messages = 60;
constexpr hawser::OutboxOptions bounds = {.max_outbox_bytes = 512, .max_outbox_messages = 40};

// The listeners that the page passed to `listenToSession`.
val page = val::undefined();

hawser::Session session;
bool is_acknowledging = false;
std::deque<Sent> newest;  // the newest messages, at most as many as are shown
std::uint64_t last_number = 0;
Tally tally;
std::stop_source steady(std::nostopstate);  // stops sending steadily

/// Passes the name too, because in other languages than English, the page has its own texts for
/// errors.
void refuse(hawser::Error why) {
  page.call<void>("refused", std::string(name(why)), std::string(describe(why)));
}

std::string_view name(Fate fate) {
  switch (fate) {
    case Fate::kept: return "kept";
    case Fate::sent: return "sent";
    case Fate::acknowledged: return "acknowledged";
    case Fate::dropped: return "dropped";
  }
  return {};
}

/// As an object for the page. Undefined if no connection has ended yet.
val to_object(const std::optional<hawser::CloseEvent>& end) {
  if (!end) return val::undefined();
  auto object = val::object();
  object.set("code", end->code);
  if (end->error) {
    object.set("error", std::string(name(*end->error)));
    object.set("message", std::string(describe(*end->error)));
  }
  return object;
}

/// Identifies this session to the server on each connection: 32 hexadecimal digits.
std::string new_id() {
  std::array<std::uint8_t, 16> bytes;
  (void)getentropy(bytes.data(), bytes.size());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (const unsigned byte : bytes) {
    id += digits[byte >> 4];
    id += digits[byte & 0x0F];
  }
  return id;
}

/// Parses four numbers, such as "17 16 2 1".
std::optional<Tally> parse_tally(std::string_view text) {
  std::array<std::uint64_t, 4> numbers = {};
  std::size_t count = 0;
  for (const auto part : std::views::split(text, ' ')) {
    const std::string_view digits(part);
    if (count == numbers.size()) return std::nullopt;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), numbers[count]);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    ++count;
  }
  if (count < numbers.size()) return std::nullopt;
  return Tally{
      .last = numbers[0], .taken = numbers[1], .repeated = numbers[2], .missing = numbers[3]};
}

// Messages

void report(const Sent& message) {
  page.call<void>("message", static_cast<double>(message.number), std::string(name(message.fate)));
}

/// Changes the fate of messages up to `last` from `from` to `to`.
void change(Fate from, Fate to, std::uint64_t last = UINT64_MAX) {
  for (auto& message : newest) {
    if (message.fate != from || message.number > last) continue;
    message.fate = to;
    report(message);
  }
}

void add(const Sent& message) {
  last_number = message.number;
  newest.push_back(message);
  if (newest.size() > shown_messages) newest.pop_front();
  report(message);
}

/// Sends the next number. Returns whether more can be sent.
bool send() {
  // With acknowledgement, it is the outbox's id. Without, messages that are not kept have no id.
  const auto number = std::max(session.outbox().next_id(), last_number + 1);
  const auto result = session.send(std::to_string(number) + " ahoy");
  if (!result) {
    refuse(result.error());
    return result.error() == hawser::Error::outbox_full;
  }
  add({.number = number,
       .fate = result->delivery == hawser::Delivery::kept ? Fate::kept : Fate::sent});
  return true;
}

hawser::Task<> send_until(std::stop_token stop) {
  while (send() && co_await hawser::sleep_for(200ms, stop)) {
  }
  if (!stop.stop_requested()) page.call<void>("steady", false);
}

void send_steadily(bool is_on) {
  steady.request_stop();
  page.call<void>("steady", is_on);
  if (!is_on) return;
  steady = std::stop_source();
  hawser::spawn(send_until(steady.get_token()));
}

// The session

void opened() {
  // The session sends kept messages as soon as this returns.
  change(Fate::kept, Fate::sent);
}

void received(const hawser::Message& message) {
  const auto reported = parse_tally(message.text());
  if (!reported) return;
  tally = *reported;
  session.outbox().acknowledge(tally.last);
  if (is_acknowledging) change(Fate::sent, Fate::acknowledged, tally.last);
}

void changed(const hawser::SessionStatus& status) {
  // With acknowledgement, unacknowledged messages are sent again on the next connection. Without,
  // their fate is unknown.
  if (is_acknowledging && status.state != hawser::SessionState::open)
    change(Fate::sent, Fate::kept);
  page.call<void>("changed", std::string(name(status.state)), status.attempt,
                  static_cast<double>(status.retry_in.count()), to_object(status.end),
                  std::string(name(status.why)));
}

void dropped(const hawser::KeptMessage& message) {
  std::uint64_t number = 0;
  const auto text = hawser::Message(message).text();
  std::from_chars(text.data(), text.data() + text.size(), number);
  const auto lost = std::ranges::find(newest, number, &Sent::number);
  if (lost == newest.end()) return;
  lost->fate = Fate::dropped;
  report(*lost);
}

void start(const std::string& url, bool acknowledge, bool drop_oldest) {
  const auto state = session.status().state;
  if (state != hawser::SessionState::idle && state != hawser::SessionState::stopped)
    page.call<void>("replaced");
  is_acknowledging = acknowledge;
  newest.clear();
  last_number = 0;
  tally = {};

  const auto id = new_id();
  const auto its_url = url + "?id=" + id;
  hawser::SessionOptions options;
  hawser::SessionHandlers handlers;
  // Shorter than the defaults, so that visitors don't have to wait half a minute for something to
  // watch.
  options.reconnect.backoff = {.base = 2s, .cap = 8s, .jitter = hawser::Jitter::equal};
  options.reconnect.min_uptime = 1s;
  options.connect_timeout = 5s;
  options.heartbeat = {.interval = 2s, .deadline = 2s, .ping = "ping"};
  handlers.is_pong = [](const hawser::Message& message) { return message.text() == "pong"; };
  options.outbox = bounds;
  options.outbox.when_outbox_full =
      drop_oldest ? hawser::WhenOutboxFull::drop_oldest : hawser::WhenOutboxFull::refuse;
  options.outbox.acknowledgement =
      acknowledge ? hawser::Acknowledgement::by_app : hawser::Acknowledgement::none;

  session = hawser::Session(its_url, std::move(options), std::move(handlers));
  session.on_open(opened);
  session.on_message(received);
  session.on_status(changed);
  session.on_drop(dropped);
  page.call<void>("started", id, its_url);
}

void stop() {
  send_steadily(false);
  const auto closing = session.close();
  if (!closing) refuse(closing.error());
}

void retry_now() {
  if (session.status().state == hawser::SessionState::waiting) return session.retry_now();
  page.call<void>("notWaiting");
}

/// The current values. Doubles, because 64-bit integers would reach the page as BigInts.
struct Figures {
  std::string state;
  double attempt, retry_in;
  bool is_offline;
  double connections, attempts, sent, received, dropped, uptime, round_trip;
  double kept_messages, max_outbox_messages, kept_bytes, max_outbox_bytes;
  double taken, repeated, missing;
};

Figures figures() {
  const auto status = session.status();
  const auto counters = session.counters();
  const auto number = [](auto value) { return static_cast<double>(value); };
  return {.state = std::string(name(status.state)),
          .attempt = number(status.attempt),
          .retry_in = number(status.retry_in.count()),
          .is_offline = status.is_offline,
          .connections = number(counters.connections),
          .attempts = number(counters.attempts),
          .sent = number(counters.messages_sent),
          .received = number(counters.messages_received),
          .dropped = number(counters.outbox_dropped),
          .uptime = number(counters.uptime.count()),
          .round_trip = counters.round_trip ? number(counters.round_trip->count()) : -1,
          .kept_messages = number(session.outbox().size()),
          .max_outbox_messages = number(bounds.max_outbox_messages),
          .kept_bytes = number(session.outbox().bytes()),
          .max_outbox_bytes = number(bounds.max_outbox_bytes),
          .taken = number(tally.taken),
          .repeated = number(tally.repeated),
          .missing = number(tally.missing)};
}

void listen_to_session(val listeners) { page = std::move(listeners); }

}  // namespace

EMSCRIPTEN_BINDINGS(session) {
  emscripten::value_object<Figures>("Figures")
      .field("state", &Figures::state)
      .field("attempt", &Figures::attempt)
      .field("retryIn", &Figures::retry_in)
      .field("isOffline", &Figures::is_offline)
      .field("connections", &Figures::connections)
      .field("attempts", &Figures::attempts)
      .field("sent", &Figures::sent)
      .field("received", &Figures::received)
      .field("dropped", &Figures::dropped)
      .field("uptime", &Figures::uptime)
      .field("roundTrip", &Figures::round_trip)
      .field("keptMessages", &Figures::kept_messages)
      .field("maxMessages", &Figures::max_outbox_messages)
      .field("keptBytes", &Figures::kept_bytes)
      .field("maxBytes", &Figures::max_outbox_bytes)
      .field("taken", &Figures::taken)
      .field("repeated", &Figures::repeated)
      .field("missing", &Figures::missing);
  emscripten::function("listenToSession", listen_to_session);
  emscripten::function("startSession", start);
  emscripten::function("stopSession", stop);
  emscripten::function("retryNow", retry_now);
  emscripten::function("sendOne", +[] { send(); });
  emscripten::function("sendSteadily", send_steadily);
  emscripten::function("figures", figures);
}
