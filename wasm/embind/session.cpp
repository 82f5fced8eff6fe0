// What the wasm module exports to js/session_class.js, which makes the class Session of it:
// hawser::Session behind a number, like connections in module.cpp. Messages are copied to wasm
// memory here, where the outbox keeps them.

#include <emscripten/bind.h>
#include <emscripten/em_js.h>
#include <emscripten/val.h>
#include <hawser/session.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../src/socket/validation.hpp"
#include "errors.hpp"
#include "split.hpp"

namespace {

using emscripten::EM_VAL;
using emscripten::val;
using hawser::pages::to_number;
using std::chrono::milliseconds;

// Calls to js/session_class.js. The shim catches a JavaScript exception, and reports it.
// clang-format off
EM_JS(void, session_open, (EM_VAL page), { Emval.toValue(page).open(); });
EM_JS(void, session_message, (EM_VAL page, bool isText, const char* data, size_t size), {
  Emval.toValue(page).message(isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size).buffer);
});
EM_JS(void, session_error, (EM_VAL page, int error), { Emval.toValue(page).error(error); });
EM_JS(void, session_closed, (EM_VAL page, EM_VAL end), { Emval.toValue(page).close(Emval.toValue(end)); });
EM_JS(void, session_status, (EM_VAL page, EM_VAL status), { Emval.toValue(page).status(Emval.toValue(status)); });
EM_JS(void, session_drop, (EM_VAL page, double id, bool isText, const char* data, size_t size), {
  Emval.toValue(page).drop(isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size).buffer, id);
});
EM_JS(void, session_endpoint_request, (EM_VAL page, double number), { Emval.toValue(page).endpointRequest(number); });
// Takes the parts of the end, since a handle would leak if the app throws.
EM_JS(double, session_decide, (EM_VAL page, int code, const char* reason, size_t size, bool wasClean, double delay), {
  return Emval.toValue(page).decide({ code, reason: hawserDecode(reason, size), wasClean: !!wasClean }, delay);
});
EM_JS(void, session_ping, (EM_VAL page), { Emval.toValue(page).ping(); });
EM_JS(bool, session_is_pong, (EM_VAL page, bool isText, const char* data, size_t size), {
  return Emval.toValue(page).isPong(isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size).buffer);
});
EM_JS(EM_VAL, make_end, (int code, const char* reason, size_t size, bool wasClean, int error), {
  return Emval.toHandle({ code, reason: hawserDecode(reason, size), wasClean: !!wasClean, error });
});
EM_JS(EM_VAL, make_status, (int state, double attempt, double retryIn, bool isOffline, bool isHidden, int why,
    EM_VAL end), {
  return Emval.toHandle({ state, attempt, retryIn, isOffline: !!isOffline, isHidden: !!isHidden, why,
    end: Emval.toValue(end) });
});
EM_JS(EM_VAL, make_counters, (double messagesSent, double bytesSent, double messagesReceived, double bytesReceived,
    double attempts, double connections, double outboxDropped, double outboxMessages, double outboxBytes, double uptime,
    double roundTrip, int lastError), {
  return Emval.toHandle({ messagesSent, bytesSent, messagesReceived, bytesReceived, attempts, connections,
    outboxDropped, outboxMessages, outboxBytes, uptime, roundTrip, lastError });
});
EM_JS(double, session_option, (EM_VAL options, const char* name, double fallback), {
  return Emval.toValue(options)[AsciiToString(name)] ?? fallback;
});
EM_JS(int, session_final_code, (EM_VAL options, size_t index), { return Emval.toValue(options).finalCodes[index] ?? -1; });
EM_JS(EM_VAL, make_list, (), { return Emval.toHandle([]); });
EM_JS(void, add_kept, (EM_VAL list, double id, bool isText, const char* data, size_t size, bool wasSent), {
  const message = isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size);
  Emval.toValue(list).push({ id, data: message, wasSent: !!wasSent });
});
EM_JS_DEPS(session, "$Emval,$hawserDecode,$AsciiToString");
// clang-format on

struct PageSession {
  hawser::Session session;
  val page;
  hawser::Ping ping;
  std::optional<hawser::EndpointRequest> request;
  double requests = 0;  // so far; the number of the last one
  std::vector<hawser::KeptMessage> to_restore = {};
};

PageSession& at(std::uintptr_t session) {
  return *reinterpret_cast<PageSession*>(session);  // NOLINT(performance-no-int-to-ptr)
}

milliseconds to_time(double time) {
  // Longer times mean forever, and negative ones count as zero.
  return time < 0x1p52 ? milliseconds(static_cast<milliseconds::rep>(std::max(time, 0.0))) : milliseconds::max();
}

// Options, as js/session_options.js has checked them. One that the app left out keeps its default.

double number_or(const val& options, const char* name, double fallback) {
  return session_option(options.as_handle(), name, fallback);
}

bool has(const val& options, const char* name) { return number_or(options, name, 0) != 0; }

void read(const val& options, const char* name, double& number) { number = number_or(options, name, number); }

void read(const val& options, const char* name, milliseconds& time) {
  time = to_time(number_or(options, name, static_cast<double>(time.count())));
}

/// Larger numbers, up to Infinity, mean no limit.
template <std::unsigned_integral Number>
void read(const val& options, const char* name, Number& number) {
  const auto given = number_or(options, name, static_cast<double>(number));
  constexpr auto most = std::numeric_limits<Number>::max();
  number = given < static_cast<double>(most) ? static_cast<Number>(given) : most;
}

template <typename Enumeration>
  requires std::is_enum_v<Enumeration>
void read(const val& options, const char* name, Enumeration& choice) {
  choice = static_cast<Enumeration>(number_or(options, name, std::to_underlying(choice)));
}

val to_value(const hawser::CloseEvent& end) {
  return val::take_ownership(
      make_end(end.code, end.reason.data(), end.reason.size(), end.was_clean, end.error ? to_number(*end.error) : 0));
}

val to_value(const hawser::SessionStatus& status) {
  const val end = status.end ? to_value(*status.end) : val::null();
  return val::take_ownership(make_status(std::to_underlying(status.state), status.attempt,
                                         static_cast<double>(status.retry_in.count()), status.is_offline,
                                         status.is_hidden, std::to_underlying(status.why), end.as_handle()));
}

hawser::SessionOptions to_options(const val& options) {
  hawser::SessionOptions result;
  read(options, "start", result.start);
  read(options, "connectTimeout", result.connect_timeout);
  read(options, "closeTimeout", result.close_timeout);
  read(options, "drainTimeout", result.drain_timeout);
  read(options, "endpointTimeout", result.endpoint_timeout);
  read(options, "readyTimeout", result.ready_timeout);
  if (has(options, "gate")) result.gate = hawser::Gate::closed;
  read(options, "whenHidden", result.when_hidden);
  read(options, "hiddenGrace", result.hidden_grace);
  result.max_message_size = std::numeric_limits<std::size_t>::max();  // as with the browser's own class

  auto& reconnect = result.reconnect;
  auto& backoff = reconnect.backoff;
  read(options, "backoffCap", backoff.cap);
  // An app that asks for short delays does not want a longer first one.
  backoff.base = std::min(backoff.base, backoff.cap);
  read(options, "backoffBase", backoff.base);
  read(options, "backoffFactor", backoff.factor);
  read(options, "jitter", backoff.jitter);
  read(options, "minUptime", reconnect.min_uptime);
  read(options, "maxAttempts", reconnect.max_attempts);
  read(options, "giveUpAfter", reconnect.give_up_after);
  for (int code; (code = session_final_code(options.as_handle(), reconnect.final_codes.size())) >= 0;) {
    reconnect.final_codes.push_back(static_cast<std::uint16_t>(code));
  }
  read(options, "tryAgainLater", reconnect.try_again_later);
  read(options, "maxRetryHint", reconnect.max_retry_hint);
  if (has(options, "retryHint")) reconnect.retry_hint = hawser::RetryHint::in_reason;

  auto& outbox = result.outbox;
  outbox.when_outbox_full = hawser::WhenOutboxFull::drop_newest;  // code written for a WebSocket expects no exception
  read(options, "whenOutboxFull", outbox.when_outbox_full);
  read(options, "maxOutboxBytes", outbox.max_outbox_bytes);
  read(options, "maxOutboxMessages", outbox.max_outbox_messages);
  if (has(options, "acknowledgement")) outbox.acknowledgement = hawser::Acknowledgement::by_app;

  read(options, "pingInterval", result.heartbeat.interval);
  read(options, "pongDeadline", result.heartbeat.deadline);
  const auto seed = number_or(options, "seed", std::nan(""));
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
      .on_error = [page](hawser::Error error) { session_error(page(), to_number(error)); },
      .on_close = [page](const hawser::CloseEvent& end) { session_closed(page(), to_value(end).as_handle()); },
      .on_status =
          [page](const hawser::SessionStatus& status) { session_status(page(), to_value(status).as_handle()); },
      .on_drop =
          [page](const hawser::KeptMessage& message) {
            const bool is_text = message.type() == hawser::MessageType::text;
            const auto data = static_cast<hawser::Message>(message).text();
            session_drop(page(), static_cast<double>(message.id()), is_text, data.data(), data.size());
          },
  };
  if (has(options, "pings")) {
    handlers.make_ping = [&self] {
      session_ping(self.page.as_handle());
      return std::exchange(self.ping, {});
    };
  }
  if (has(options, "recognisesPongs")) {
    handlers.is_pong = [page](const hawser::Message& message) {
      const auto data = message.text();
      return session_is_pong(page(), message.is_text(), data.data(), data.size());
    };
  }
  if (has(options, "requestsEndpoints")) {
    handlers.on_endpoint_request = [&self](hawser::EndpointRequest request) {
      self.request = std::move(request);
      session_endpoint_request(self.page.as_handle(), ++self.requests);
    };
  }
  if (has(options, "decides")) {
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

/// Returns a session, or 0 if a subprotocol is invalid. `urls`, joined by spaces, are its endpoints, all with the same
/// `protocols`, joined by commas. `page` has the functions that are called above.
double begin_session(const std::string& urls, const std::string& protocols, const val& options, const val& page) {
  const auto offered = hawser::pages::split(protocols, ',');
  if (hawser::check_protocols(offered)) return 0;
  auto* const self = new PageSession{.session = {}, .page = page, .ping = {}, .request = {}};
  std::vector<hawser::Endpoint> endpoints;
  for (auto& url : hawser::pages::split(urls, ' ')) endpoints.push_back({std::move(url), offered});
  self->session = hawser::Session(std::move(endpoints), to_options(options), to_handlers(options, *self));
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(self));
}

/// The answer to `session_ping`, while that runs.
void session_make_ping(std::uintptr_t session, const std::string& data, bool is_text) {
  auto& ping = at(session).ping;
  ping.data = data;
  ping.type = is_text ? hawser::MessageType::text : hawser::MessageType::binary;
}

void release_session(std::uintptr_t session) { delete &at(session); }

hawser::Message to_message(const std::string& data, bool is_text) {
  return is_text ? hawser::Message::text(data) : hawser::Message::binary(std::span(data));
}

/// Two values in one number, which js/session_class.js takes apart: four times the id, plus the delivery, which is less
/// than four. An object would cost an allocation for each message, and Embind's code for objects. A double is exact for
/// ids below 2^51.
double id_and_delivery(const hawser::SendResult& result) {
  return static_cast<double>(result.id) * 4 + std::to_underlying(result.delivery);
}

/// Returns `id_and_delivery`, or the negated error. Once nothing can be sent any more, the message is dropped, as a
/// WebSocket drops it.
double session_send(std::uintptr_t session, const std::string& data, bool is_text, bool is_kept) {
  const auto keep = is_kept ? hawser::Keep::yes : hawser::Keep::no;
  const auto result = at(session).session.send(to_message(data, is_text), keep);
  if (!result && !hawser::pages::is_over(result.error())) return -to_number(result.error());
  return id_and_delivery(result.value_or(hawser::SendResult{.delivery = hawser::Delivery::dropped}));
}

/// `is_closing`: JavaScript has been told to close, and reads Blobs that were sent before.
int session_send_now(std::uintptr_t session, const std::string& data, bool is_text, bool is_closing) {
  if (is_closing) return to_number(hawser::Error::already_closing);
  return to_number(at(session).session.send_now(to_message(data, is_text)));
}

/// A negative code means none. Does nothing once the session is closing or has stopped.
int session_close(std::uintptr_t session, int code, const std::string& reason) {
  auto& closing = at(session).session;
  const auto result = code < 0 ? hawser::detail::close_without_code(closing) : closing.close(code, reason);
  return !result && hawser::pages::is_over(result.error()) ? 0 : to_number(result);
}

/// The error that `session_close` would return for the code and the reason, or 0.
int session_check_close(int code, const std::string& reason) {
  const auto error = hawser::check_close(code < 0 ? hawser::close_code::normal_closure : code, reason);
  return error ? to_number(*error) : 0;
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
  request->connect_to({.url = url, .protocols = hawser::pages::split(protocols, ',')});
}

double session_acknowledge(std::uintptr_t session, double id, bool is_only_this) {
  if (!(id >= 1 && id < 0x1p53)) return 0;
  auto kept = at(session).session.outbox();
  const auto number = static_cast<std::uint64_t>(id);
  return static_cast<double>(is_only_this ? kept.acknowledge_one(number) : kept.acknowledge(number));
}

/// Messages that were sent with `keep: false` stay with their connection.
val session_kept_messages(std::uintptr_t session, bool is_taken) {
  auto outbox = at(session).session.outbox();
  const auto list = val::take_ownership(make_list());
  for (const auto& message : outbox.messages()) {
    if (message.id() == 0) continue;
    const auto data = message.text();
    add_kept(list.as_handle(), static_cast<double>(message.id()), message.is_text(), data.data(), data.size(),
             message.was_sent());
  }
  if (is_taken) outbox.take_all();
  return list;
}

/// Adds a message for `session_restore`, which follows in the same turn.
void session_prepare_restore(std::uintptr_t session, double id, const std::string& data, bool is_text, bool was_sent) {
  at(session).to_restore.emplace_back(static_cast<std::uint64_t>(id), to_message(data, is_text),
                                      was_sent ? hawser::WasSent::yes : hawser::WasSent::no);
}

/// `is_closing`: as in `session_send_now`.
int session_restore(std::uintptr_t session, double next_id, bool is_closing) {
  auto messages = std::exchange(at(session).to_restore, {});
  if (is_closing) return to_number(hawser::Error::already_closing);
  return to_number(at(session).session.outbox().restore(std::move(messages), static_cast<std::uint64_t>(next_id)));
}

double session_next_id(std::uintptr_t session) { return static_cast<double>(at(session).session.outbox().next_id()); }

val session_status_now(std::uintptr_t session) { return to_value(at(session).session.status()); }

val session_counters(std::uintptr_t session) {
  const auto& counted = at(session).session;
  const auto counters = counted.counters();
  const auto number = [](auto count) { return static_cast<double>(count); };
  return val::take_ownership(
      make_counters(number(counters.messages_sent), number(counters.bytes_sent), number(counters.messages_received),
                    number(counters.bytes_received), number(counters.attempts), number(counters.connections),
                    number(counters.outbox_dropped), number(counted.outbox().size()), number(counted.outbox().bytes()),
                    number(counters.uptime.count()), counters.round_trip ? number(counters.round_trip->count()) : -1,
                    counters.last_error ? to_number(*counters.last_error) : 0));
}

int session_ready_state(std::uintptr_t session) { return std::to_underlying(at(session).session.ready_state()); }

double session_buffered_amount(std::uintptr_t session) {
  const auto& sending = at(session).session;
  return static_cast<double>(sending.outbox().bytes()) + static_cast<double>(sending.buffered_amount());
}

/// The name of an enumerator, or "unknown" for a number beyond the last.
template <typename Enumeration>
std::string name_of(int value) {
  return name(static_cast<Enumeration>(value));
}

std::string session_url(std::uintptr_t session) { return at(session).session.url(); }
std::string session_protocol(std::uintptr_t session) { return at(session).session.protocol(); }
std::string session_extensions(std::uintptr_t session) { return at(session).session.extensions(); }

}  // namespace

EMSCRIPTEN_BINDINGS(session) {
  emscripten::function("open", begin_session);
  emscripten::function("release", release_session);
  emscripten::function("send", session_send);
  emscripten::function("sendNow", session_send_now);
  emscripten::function("close", session_close);
  emscripten::function("checkClose", session_check_close);
  emscripten::function("makePing", session_make_ping);
  emscripten::function("ready", session_ready);
  emscripten::function("reconnect", session_reconnect);
  emscripten::function("retryNow", session_retry_now);
  emscripten::function("answer", session_answer);
  emscripten::function("acknowledge", session_acknowledge);
  emscripten::function("nextId", session_next_id);
  emscripten::function("keptMessages", session_kept_messages);
  emscripten::function("prepareRestore", session_prepare_restore);
  emscripten::function("restore", session_restore);
  emscripten::function("status", session_status_now);
  emscripten::function("counters", session_counters);
  emscripten::function("readyState", session_ready_state);
  emscripten::function("bufferedAmount", session_buffered_amount);
  emscripten::function("url", session_url);
  emscripten::function("protocol", session_protocol);
  emscripten::function("extensions", session_extensions);
  emscripten::function("startName", name_of<hawser::Start>);
  emscripten::function("jitterName", name_of<hawser::Jitter>);
  emscripten::function("whenOutboxFullName", name_of<hawser::WhenOutboxFull>);
  emscripten::function("whenHiddenName", name_of<hawser::WhenHidden>);
  emscripten::function("stateName", name_of<hawser::SessionState>);
  emscripten::function("stopReasonName", name_of<hawser::StopReason>);
  emscripten::function("deliveryName", name_of<hawser::Delivery>);
  emscripten::function("errorName", name_of<hawser::Error>);
  emscripten::function("describe", hawser::pages::describe);
  emscripten::function("exceptionName", hawser::pages::exception_name);
}
