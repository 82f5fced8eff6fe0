// What the wasm module exports to js/session.js, which makes the class Session of it:
// hawser::Session behind a number, like connections in module.cpp. Messages are copied to wasm
// memory here, where the outbox keeps them.

#include <emscripten/bind.h>
#include <emscripten/em_js.h>
#include <emscripten/val.h>
#include <hawser/session.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../src/socket/validation.hpp"

namespace {

using emscripten::EM_VAL;
using emscripten::val;
using std::chrono::milliseconds;

// js/session.js knows these by their numbers.
static_assert(std::to_underlying(hawser::SessionState::stopped) == 4);
static_assert(std::to_underlying(hawser::StopReason::message_refused) == 8);
static_assert(std::to_underlying(hawser::WhenOutboxFull::drop_newest) == 2);
static_assert(std::to_underlying(hawser::Delivery::dropped) == 2);
static_assert(std::to_underlying(hawser::Jitter::decorrelated) == 3);
static_assert(std::to_underlying(hawser::Start::now) == 1);

// Calls to js/session.js. The shim catches a JavaScript exception, and reports it.
// clang-format off
EM_JS(void, session_open, (EM_VAL page), { Emval.toValue(page).open(); });
EM_JS(void, session_message, (EM_VAL page, bool isText, const char* data, size_t size), {
  Emval.toValue(page).message(isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size).buffer);
});
EM_JS(void, session_status, (EM_VAL page, EM_VAL status), { Emval.toValue(page).status(Emval.toValue(status)); });
EM_JS(void, session_drop, (EM_VAL page, double id, bool isText, const char* data, size_t size), {
  Emval.toValue(page).drop(isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size).buffer, id);
});
EM_JS(void, session_endpoint_request, (EM_VAL page, double number), { Emval.toValue(page).endpointRequest(number); });
EM_JS(double, session_decide, (EM_VAL page, int code, const char* reason, size_t size, bool wasClean, double delay), {
  return Emval.toValue(page).decide(code, hawserDecode(reason, size), !!wasClean, delay);
});
EM_JS(EM_VAL, session_ping, (EM_VAL page), { return Emval.toHandle(Emval.toValue(page).ping()); });
EM_JS(bool, session_is_pong, (EM_VAL page, bool isText, const char* data, size_t size), {
  return Emval.toValue(page).isPong(isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size).buffer);
});
EM_JS(EM_VAL, make_end, (int code, const char* reason, size_t size, bool wasClean, int error), {
  return Emval.toHandle({ code, reason: hawserDecode(reason, size), wasClean: !!wasClean, error });
});
EM_JS(EM_VAL, make_status, (int state, double attempt, double retryIn, bool isOffline, int why, EM_VAL end), {
  return Emval.toHandle({ state, attempt, retryIn, isOffline: !!isOffline, why, end: Emval.toValue(end) });
});
EM_JS_DEPS(session, "$Emval,$hawserDecode");
// clang-format on

struct PageSession {
  hawser::Session session;
  val page;
  std::optional<hawser::EndpointRequest> request;
  double requests = 0;  // so far; the number of the last one
};

PageSession& at(std::uintptr_t session) {
  return *reinterpret_cast<PageSession*>(session);  // NOLINT(performance-no-int-to-ptr)
}

milliseconds to_time(double time) {
  // Longer times, and NaN, mean forever.
  return std::abs(time) < 0x1p52 ? milliseconds(static_cast<milliseconds::rep>(time)) : milliseconds::max();
}

milliseconds time_of(const val& options, const char* name) { return to_time(options[name].as<double>()); }

/// Larger numbers, up to Infinity, mean no limit.
template <typename Number>
Number number_of(const val& options, const char* name) {
  const auto number = options[name].as<double>();
  constexpr auto most = std::numeric_limits<Number>::max();
  return number < static_cast<double>(most) ? static_cast<Number>(number) : most;
}

template <typename Enumeration>
Enumeration choice_of(const val& options, const char* name) {
  return static_cast<Enumeration>(options[name].as<int>());
}

/// As in module.cpp: subprotocols are joined by commas.
std::vector<std::string> split(const std::string& joined) {
  std::vector<std::string> parts;
  if (joined.empty()) return parts;
  for (const auto part : std::views::split(joined, ',')) parts.emplace_back(part.begin(), part.end());
  return parts;
}

val to_value(const hawser::SessionStatus& status) {
  val end = val::null();
  if (status.end) {
    const int error = status.end->error ? std::to_underlying(*status.end->error) : 0;
    const auto& reason = status.end->reason;
    end = val::take_ownership(make_end(status.end->code, reason.data(), reason.size(), status.end->was_clean, error));
  }
  return val::take_ownership(make_status(std::to_underlying(status.state), status.attempt,
                                         static_cast<double>(status.retry_in.count()), status.is_offline,
                                         std::to_underlying(status.why), end.as_handle()));
}

hawser::SessionOptions to_options(const val& options) {
  hawser::SessionOptions result;
  result.start = choice_of<hawser::Start>(options, "start");
  result.max_message_size = std::numeric_limits<std::size_t>::max();  // as with the browser's own class
  result.connect_timeout = time_of(options, "connectTimeout");
  result.close_timeout = time_of(options, "closeTimeout");
  result.drain_timeout = time_of(options, "drainTimeout");
  result.endpoint_timeout = time_of(options, "endpointTimeout");
  result.gate = options["gate"].as<bool>() ? hawser::Gate::closed : hawser::Gate::open;
  result.ready_timeout = time_of(options, "readyTimeout");

  auto& reconnect = result.reconnect;
  reconnect.backoff = {.base = time_of(options, "backoffBase"),
                       .cap = time_of(options, "backoffCap"),
                       .factor = options["backoffFactor"].as<double>(),
                       .jitter = choice_of<hawser::Jitter>(options, "jitter")};
  reconnect.min_uptime = time_of(options, "minUptime");
  reconnect.max_attempts = number_of<std::uint32_t>(options, "maxAttempts");
  reconnect.give_up_after = time_of(options, "giveUpAfter");
  reconnect.final_codes = emscripten::vecFromJSArray<std::uint16_t>(options["finalCodes"]);
  reconnect.try_again_later = time_of(options, "tryAgainLater");
  reconnect.max_retry_hint = time_of(options, "maxRetryHint");
  if (options["retryHint"].as<bool>()) reconnect.retry_hint = hawser::RetryHint::in_reason;

  result.outbox.max_outbox_bytes = number_of<std::size_t>(options, "maxOutboxBytes");
  result.outbox.max_outbox_messages = number_of<std::size_t>(options, "maxOutboxMessages");
  result.outbox.when_outbox_full = choice_of<hawser::WhenOutboxFull>(options, "whenOutboxFull");
  if (options["acknowledgement"].as<bool>()) result.outbox.acknowledgement = hawser::Acknowledgement::by_app;

  result.heartbeat = {.interval = time_of(options, "pingInterval"), .deadline = time_of(options, "pongDeadline")};
  const auto seed = options["seed"].as<double>();
  if (!std::isnan(seed)) result.seed = static_cast<std::uint64_t>(std::abs(seed));
  return result;
}

hawser::SessionHandlers to_handlers(const val& options, PageSession& self) {
  const auto page = [&self] { return self.page.as_handle(); };
  hawser::SessionHandlers handlers{
      .on_open = [page] { session_open(page()); },
      .on_message =
          [page](const hawser::Message& message) {
            const auto data = message.text();
            session_message(page(), message.is_text(), data.data(), data.size());
          },
      .on_status =
          [page](const hawser::SessionStatus& status) { session_status(page(), to_value(status).as_handle()); },
      .on_drop =
          [page](const hawser::KeptMessage& message) {
            const bool is_text = message.type() == hawser::MessageType::text;
            const auto data = static_cast<hawser::Message>(message).text();
            session_drop(page(), static_cast<double>(message.id()), is_text, data.data(), data.size());
          },
  };
  if (options["pings"].as<bool>()) {
    handlers.make_ping = [page] {
      const auto made = val::take_ownership(session_ping(page()));
      hawser::Ping ping = made.as<std::string>();
      if (!made.isString()) ping.type = hawser::MessageType::binary;
      return ping;
    };
  }
  if (options["recognisesPongs"].as<bool>()) {
    handlers.is_pong = [page](const hawser::Message& message) {
      const auto data = message.text();
      return session_is_pong(page(), message.is_text(), data.data(), data.size());
    };
  }
  if (options["requestsEndpoints"].as<bool>()) {
    handlers.on_endpoint_request = [&self](hawser::EndpointRequest request) {
      self.request = std::move(request);
      session_endpoint_request(self.page.as_handle(), ++self.requests);
    };
  }
  if (options["decides"].as<bool>()) {
    handlers.decide_reconnect = [page](const hawser::CloseEvent& end, hawser::Decision decision) {
      // The delay before the next attempt; negative if there is none.
      const double delay = session_decide(page(), end.code, end.reason.data(), end.reason.size(), end.was_clean,
                                          decision.reconnect ? static_cast<double>(decision.delay.count()) : -1);
      if (delay >= 0) return hawser::Decision{.delay = to_time(delay)};
      return decision.reconnect ? hawser::Decision::stop() : decision;  // with its own reason
    };
  }
  return handlers;
}

/// Returns a session, or 0 if a subprotocol is invalid. `urls` are its endpoints, all with the same `protocols`. `page`
/// has the functions that are called above.
double begin_session(const val& urls, const std::string& protocols, const val& options, const val& page) {
  const auto offered = split(protocols);
  if (hawser::check_protocols(offered)) return 0;
  auto* const self = new PageSession{.session = {}, .page = page, .request = {}};
  std::vector<hawser::Endpoint> endpoints;
  for (auto& url : emscripten::vecFromJSArray<std::string>(urls)) endpoints.push_back({std::move(url), offered});
  self->session = hawser::Session(std::move(endpoints), to_options(options), to_handlers(options, *self));
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(self));
}

void release_session(std::uintptr_t session) { delete &at(session); }

hawser::Message to_message(const std::string& data, bool is_text) {
  return is_text ? hawser::Message::text(data) : hawser::Message::binary(std::span(data));
}

/// Two values in one number, which js/session.js takes apart: four times the id, plus the delivery, which is less than
/// four. An object would cost an allocation for each message, and Embind's code for objects. A double is exact for ids
/// below 2^51.
double id_and_delivery(const hawser::SendResult& result) {
  return static_cast<double>(result.id) * 4 + std::to_underlying(result.delivery);
}

/// Returns `id_and_delivery`, or the negated error.
double session_send(std::uintptr_t session, const std::string& data, bool is_text, bool is_kept) {
  const auto keep = is_kept ? hawser::Keep::yes : hawser::Keep::no;
  const auto result = at(session).session.send(to_message(data, is_text), keep);
  if (!result) return -std::to_underlying(result.error());
  return id_and_delivery(*result);
}

int to_number(const std::expected<void, hawser::Error>& result) {
  return result ? 0 : std::to_underlying(result.error());
}

int session_send_now(std::uintptr_t session, const std::string& data, bool is_text) {
  return to_number(at(session).session.send_now(to_message(data, is_text)));
}

/// A negative code means none.
int session_close(std::uintptr_t session, int code, const std::string& reason) {
  auto& closing = at(session).session;
  return to_number(code < 0 ? hawser::detail::close_without_code(closing) : closing.close(code, reason));
}

/// The error that `session_close` would return for the code and the reason, or 0.
int session_check_close(int code, const std::string& reason) {
  const auto error = hawser::check_close(code < 0 ? hawser::close_code::normal_closure : code, reason);
  return error ? std::to_underlying(*error) : 0;
}

int session_ready(std::uintptr_t session) { return to_number(at(session).session.ready()); }

int session_reconnect(std::uintptr_t session, int code, const std::string& reason) {
  return to_number(at(session).session.reconnect(code, reason));
}

void session_retry_now(std::uintptr_t session) { at(session).session.retry_now(); }

/// Answers an endpoint request. An empty URL means that there is no endpoint.
void session_answer(std::uintptr_t session, double number, const std::string& url, const std::string& protocols) {
  auto& self = at(session);
  if (number != self.requests) return;
  auto request = std::exchange(self.request, std::nullopt);
  if (!request) return;
  if (url.empty()) return request->fail();
  request->connect_to({.url = url, .protocols = split(protocols)});
}

double session_acknowledge(std::uintptr_t session, double id, bool is_only_this) {
  if (!(id >= 1 && id < 0x1p53)) return 0;
  auto kept = at(session).session.outbox();
  const auto number = static_cast<std::uint64_t>(id);
  return static_cast<double>(is_only_this ? kept.acknowledge_one(number) : kept.acknowledge(number));
}

double session_next_id(std::uintptr_t session) { return static_cast<double>(at(session).session.outbox().next_id()); }

val session_status_now(std::uintptr_t session) { return to_value(at(session).session.status()); }

val session_counters(std::uintptr_t session) {
  const auto& counted = at(session).session;
  const auto counters = counted.counters();
  val result = val::object();
  const auto set = [&result](const char* name, auto value) { result.set(name, static_cast<double>(value)); };
  set("messagesSent", counters.messages_sent);
  set("bytesSent", counters.bytes_sent);
  set("messagesReceived", counters.messages_received);
  set("bytesReceived", counters.bytes_received);
  set("attempts", counters.attempts);
  set("connections", counters.connections);
  set("messagesDropped", counters.messages_dropped);
  set("messagesKept", counted.outbox().size());
  set("bytesKept", counted.outbox().bytes());
  set("uptime", counters.uptime.count());
  set("roundTrip", counters.round_trip ? static_cast<double>(counters.round_trip->count()) : std::nan(""));
  set("lastError", counters.last_error ? std::to_underlying(*counters.last_error) : 0);
  return result;
}

int session_ready_state(std::uintptr_t session) { return std::to_underlying(at(session).session.ready_state()); }

double session_buffered_amount(std::uintptr_t session) {
  const auto& sending = at(session).session;
  return static_cast<double>(sending.outbox().bytes()) + static_cast<double>(sending.buffered_amount());
}

std::string error_name(int error) { return hawser::name(static_cast<hawser::Error>(error)); }

std::string describe(int error) { return hawser::describe(static_cast<hawser::Error>(error)); }

/// `which` counts as in js/session.js.
std::string session_property(std::uintptr_t session, int which) {
  const auto& connected = at(session).session;
  return which == 0 ? connected.url() : which == 1 ? connected.protocol() : connected.extensions();
}

}  // namespace

EMSCRIPTEN_BINDINGS(session) {
  emscripten::function("beginSession", begin_session);
  emscripten::function("releaseSession", release_session);
  emscripten::function("sessionSend", session_send);
  emscripten::function("sessionSendNow", session_send_now);
  emscripten::function("sessionClose", session_close);
  emscripten::function("sessionCheckClose", session_check_close);
  emscripten::function("sessionReady", session_ready);
  emscripten::function("sessionReconnect", session_reconnect);
  emscripten::function("sessionRetryNow", session_retry_now);
  emscripten::function("sessionAnswer", session_answer);
  emscripten::function("sessionAcknowledge", session_acknowledge);
  emscripten::function("sessionNextId", session_next_id);
  emscripten::function("sessionStatus", session_status_now);
  emscripten::function("sessionCounters", session_counters);
  emscripten::function("sessionReadyState", session_ready_state);
  emscripten::function("sessionBufferedAmount", session_buffered_amount);
  emscripten::function("sessionProperty", session_property);
  emscripten::function("errorName", error_name);
  emscripten::function("describe", describe);
}
