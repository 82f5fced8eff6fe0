// The exports of the wasm module for js/session_class.js, which builds the class Session on them.
// They wrap hawser::Session, behind a number, as web_socket.cpp does for connections. Messages are
// JavaScript values. Only those that the outbox keeps are copied to wasm memory.

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <hawser/session.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../src/session/session_core.hpp"
#include "../src/socket/validation.hpp"
#include "errors.hpp"
#include "js_value.hpp"
#include "split.hpp"

namespace {

using hawser::detail::SessionCore;
using hawser::detail::ValueListener;
using hawser::pages::JsValue;
using hawser::pages::return_text;
using hawser::pages::to_number;
using hawser::seam::Value;
using std::chrono::milliseconds;

// Calls to js/session_class.js. The shim catches a JavaScript exception, and reports it.
// clang-format off
EM_JS(void, session_open, (void* page), { Emval.toValue(page).open(); });
EM_JS(void, session_message, (void* page, void* data), { Emval.toValue(page).message(Emval.toValue(data)); });
EM_JS(void, session_error, (void* page, int error), { Emval.toValue(page).error(error); });
EM_JS(void, session_closed, (void* page), { Emval.toValue(page).close(Module["returned"]); });
EM_JS(void, session_status, (void* page), { Emval.toValue(page).status(Module["returned"]); });
EM_JS(void, session_drop, (void* page, double id, bool isText, const char* data, size_t size), {
  Emval.toValue(page).drop(isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size).buffer, id);
});
EM_JS(void, session_endpoint_request, (void* page, double number), { Emval.toValue(page).endpointRequest(number); });
EM_JS(double, session_decide, (void* page, int code, const char* reason, size_t size, bool wasClean, double delay), {
  return Emval.toValue(page).decide({ code, reason: hawserDecode(reason, size), wasClean: !!wasClean }, delay);
});
EM_JS(void, session_ping, (void* page), { Emval.toValue(page).ping(); });
EM_JS(bool, session_is_pong, (void* page, void* data), { return Emval.toValue(page).isPong(Emval.toValue(data)); });
EM_JS(void, return_end, (int code, const char* reason, size_t size, bool wasClean, int error), {
  Module["returned"] = { code, reason: hawserDecode(reason, size), wasClean: !!wasClean, error };
});
// `end` is the result of return_end, if there is one.
EM_JS(void, return_status, (int state, double attempt, double retryIn, bool isOffline, bool isHidden, int why, bool hasEnd), {
  Module["returned"] = { state, attempt, retryIn, isOffline: !!isOffline, isHidden: !!isHidden, why,
    end: hasEnd ? Module["returned"] : null };
});
EM_JS(void, return_counters, (double messagesSent, double bytesSent, double messagesReceived, double bytesReceived,
    double attempts, double connections, double outboxDropped, double outboxMessages, double outboxBytes, double uptime,
    double roundTrip, int lastError), {
  Module["returned"] = { messagesSent, bytesSent, messagesReceived, bytesReceived, attempts, connections,
    outboxDropped, outboxMessages, outboxBytes, uptime, roundTrip, lastError };
});
EM_JS(void, return_list, (), { Module["returned"] = []; });
EM_JS(void, add_kept, (double id, bool isText, const char* data, size_t size, bool wasSent), {
  const message = isText ? hawserDecode(data, size) : HEAPU8.slice(data, data + size);
  Module["returned"].push({ id, data: message, wasSent: !!wasSent });
});
EM_JS_DEPS(session, "$Emval,$hawserDecode");
// clang-format on

struct PageSession : ValueListener {
  explicit PageSession(void* given)
      : ValueListener{.is_pong = nullptr,
                      .received = [](ValueListener& self,
                                     Value data) { session_message(page_of(self), data); }},
        page(given) {}
  ~PageSession() { SessionCore::release(std::move(session)); }

  static void* page_of(ValueListener& self) {
    return static_cast<PageSession&>(self).page.handle();
  }

  std::shared_ptr<SessionCore> session;
  JsValue page;
  hawser::Ping ping = {};
  std::optional<hawser::EndpointRequest> request = std::nullopt;
  double requests = 0;  // the number of requests so far, and of the last one
  hawser::detail::MessageList to_restore = {};
};

PageSession& at(std::uintptr_t session) {
  return *reinterpret_cast<PageSession*>(session);  // NOLINT(performance-no-int-to-ptr)
}

milliseconds to_time(double time) {
  // Longer times mean forever, and negative times count as zero.
  return time < 0x1p52 ? milliseconds(static_cast<milliseconds::rep>(std::max(time, 0.0)))
                       : milliseconds::max();
}

/// Options that js/session_options.js has checked: numbers in the order in which they are read
/// here. NaN stands for an option that the app left out, which keeps its default.
class Settings {
 public:
  explicit Settings(std::span<const double> numbers) : numbers_(numbers) {}

  // The names are for readers, and for a test that compares the order with the one in JavaScript.
  template <typename Option>
  void read([[maybe_unused]] const char* name, Option& option) {
    set(option, next());
  }
  bool has([[maybe_unused]] const char* name) { return next() > 0; }

  /// The numbers after the options: the codes of `finalCodes`.
  [[nodiscard]] std::span<const double> rest() const { return numbers_; }

 private:
  [[gnu::noinline]] double next() {
    const double number = numbers_.front();
    numbers_ = numbers_.subspan(1);
    return number;
  }

  static void set(double& option, double number) {
    if (!std::isnan(number)) option = number;
  }

  [[gnu::noinline]] static void set(milliseconds& option, double number) {
    if (!std::isnan(number)) option = to_time(number);
  }

  /// Larger numbers, including Infinity, mean no limit.
  template <std::unsigned_integral Number>
  [[gnu::noinline]] static void set(Number& option, double number) {
    constexpr auto most = std::numeric_limits<Number>::max();
    if (!std::isnan(number))
      option = number < static_cast<double>(most) ? static_cast<Number>(number) : most;
  }

  template <typename Enumeration>
    requires std::is_enum_v<Enumeration>
  static void set(Enumeration& option, double number) {
    if (!std::isnan(number)) option = static_cast<Enumeration>(static_cast<int>(number));
  }

  std::span<const double> numbers_;
};

void return_value(const hawser::CloseEvent& end) {
  return_end(end.code, end.reason.data(), end.reason.size(), end.was_clean,
             end.error ? to_number(*end.error) : 0);
}

void return_value(const hawser::SessionStatus& status) {
  if (status.end) return_value(*status.end);
  return_status(std::to_underlying(status.state), status.attempt,
                static_cast<double>(status.retry_in.count()), status.is_offline, status.is_hidden,
                std::to_underlying(status.why), status.end.has_value());
}

hawser::SessionOptions to_options(Settings& settings) {
  hawser::SessionOptions result;
  settings.read("start", result.start);
  settings.read("connectTimeout", result.connect_timeout);
  settings.read("closeTimeout", result.close_timeout);
  settings.read("drainTimeout", result.drain_timeout);
  settings.read("endpointTimeout", result.endpoint_timeout);
  settings.read("readyTimeout", result.ready_timeout);
  if (settings.has("gate")) result.gate = hawser::Gate::closed;
  settings.read("whenHidden", result.when_hidden);
  settings.read("hiddenGrace", result.hidden_grace);
  result.max_message_size =
      std::numeric_limits<std::size_t>::max();  // as with the browser's own class

  auto& reconnect = result.reconnect;
  auto& backoff = reconnect.backoff;
  settings.read("backoffCap", backoff.cap);
  // An app that asks for short delays doesn't want the first one to be longer.
  backoff.base = std::min(backoff.base, backoff.cap);
  settings.read("backoffBase", backoff.base);
  settings.read("backoffFactor", backoff.factor);
  settings.read("jitter", backoff.jitter);
  settings.read("minUptime", reconnect.min_uptime);
  settings.read("maxAttempts", reconnect.max_attempts);
  settings.read("giveUpAfter", reconnect.give_up_after);
  settings.read("tryAgainLater", reconnect.try_again_later);
  settings.read("maxRetryHint", reconnect.max_retry_hint);
  if (settings.has("retryHint")) reconnect.retry_hint = hawser::RetryHint::in_reason;

  auto& outbox = result.outbox;
  outbox.when_outbox_full =
      hawser::WhenOutboxFull::drop_newest;  // code written for WebSocket expects no exception
  settings.read("whenOutboxFull", outbox.when_outbox_full);
  settings.read("maxOutboxBytes", outbox.max_outbox_bytes);
  settings.read("maxOutboxMessages", outbox.max_outbox_messages);
  if (settings.has("acknowledgement")) outbox.acknowledgement = hawser::Acknowledgement::by_app;

  settings.read("pingInterval", result.heartbeat.interval);
  settings.read("pongDeadline", result.heartbeat.deadline);
  double seed = std::nan("");
  settings.read("seed", seed);
  if (!std::isnan(seed)) result.seed = static_cast<std::uint64_t>(std::abs(seed));
  return result;
}

hawser::SessionHandlers to_handlers(Settings& settings, PageSession& self) {
  const auto page = [&self] { return self.page.handle(); };
  hawser::SessionHandlers handlers{
      .on_open = [page] { session_open(page()); },
      .on_error = [page](hawser::Error error) { session_error(page(), to_number(error)); },
      .on_close =
          [page](const hawser::CloseEvent& end) {
            return_value(end);
            session_closed(page());
          },
      .on_status =
          [page](const hawser::SessionStatus& status) {
            return_value(status);
            session_status(page());
          },
      .on_drop =
          [page](const hawser::KeptMessage& message) {
            const bool is_text = message.type() == hawser::MessageType::text;
            const auto data = static_cast<hawser::Message>(message).text();
            session_drop(page(), static_cast<double>(message.id()), is_text, data.data(),
                         data.size());
          },
  };
  if (settings.has("pings")) {
    handlers.make_ping = [&self] {
      session_ping(self.page.handle());
      return std::exchange(self.ping, {});
    };
  }
  if (settings.has("recognisesPongs")) {
    self.is_pong = [](ValueListener& of, Value data) {
      return session_is_pong(PageSession::page_of(of), data);
    };
  }
  if (settings.has("requestsEndpoints")) {
    handlers.on_endpoint_request = [&self](hawser::EndpointRequest request) {
      self.request = std::move(request);
      session_endpoint_request(self.page.handle(), ++self.requests);
    };
  }
  if (settings.has("decides")) {
    handlers.decide_reconnect = [page](const hawser::CloseEvent& end, hawser::Decision decision) {
      // The delay before the next attempt. Negative if there is none.
      const double delay =
          session_decide(page(), end.code, end.reason.data(), end.reason.size(), end.was_clean,
                         decision.reconnect ? static_cast<double>(decision.delay.count()) : -1);
      if (delay >= 0) return hawser::Decision{.delay = to_time(delay)};
      return decision.reconnect ? hawser::Decision::stop() : decision;  // keeps its own reason
    };
  }
  return handlers;
}

hawser::Message to_message(const char* data, std::size_t size, bool is_text) {
  const std::string_view bytes(data, size);
  return is_text ? hawser::Message::text(bytes) : hawser::Message::binary(std::span(bytes));
}

/// Packs two values into one number, which js/session_class.js takes apart: four times the id, plus
/// the delivery, which is less than four. An object would need an allocation for each message. A
/// double is exact for ids below 2^51.
double id_and_delivery(const hawser::SendResult& result) {
  return static_cast<double>(result.id) * 4 + std::to_underlying(result.delivery);
}

/// Calls `add` with each character of the names of an enumeration's values.
template <typename Enumeration>
constexpr void spell_names(auto add) {
  for (int value = 0;; ++value) {
    const std::string_view one = name(static_cast<Enumeration>(value));
    if (one == "unknown") return add(',');
    if (value > 0) add(' ');
    for (const char character : one) add(character);
  }
}

/// The names of the values of some enumerations, in the format of `page_names`.
template <typename... Enumerations>
constexpr auto all_names = [] {
  constexpr std::size_t size = [] {
    std::size_t count = 0;
    (spell_names<Enumerations>([&](char) { ++count; }), ...);
    return count;
  }();
  std::array<char, size> text = {};
  std::size_t count = 0;
  (spell_names<Enumerations>([&](char character) { text[count++] = character; }), ...);
  return text;
}();

}  // namespace

extern "C" {

/// Creates a session, and returns it. `urls`, joined by spaces, are its endpoints. All use the same
/// `protocols`, joined by commas. `page` has the functions that are called above.
EMSCRIPTEN_KEEPALIVE double page_open(const char* urls, std::size_t urls_size,
                                      const char* protocols, std::size_t protocols_size,
                                      const double* numbers, std::size_t bytes, void* page) {
  auto* const self = new PageSession(page);
  auto each = hawser::pages::split({urls, urls_size}, ' ');
  std::vector<hawser::Endpoint> endpoints(each.size());
  for (std::size_t i = 0; i < each.size(); ++i) {
    endpoints[i].url = std::move(each[i]);
    endpoints[i].protocols = hawser::pages::split({protocols, protocols_size}, ',');
  }
  Settings settings({numbers, bytes / sizeof(double)});
  auto options = to_options(settings);
  auto handlers = to_handlers(settings, *self);
  const auto codes = settings.rest();
  options.reconnect.final_codes = std::vector<std::uint16_t>(codes.begin(), codes.end());
  self->session =
      std::make_shared<SessionCore>(std::move(endpoints), std::move(options), std::move(handlers));
  auto& core = *self->session;
  core.value_listener = self;
  if (self->is_pong)
    core.receive_values(hawser::BinaryType::arraybuffer);  // because it inspects each message
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(self));
}

/// The answer to `session_ping`. Called inside that call.
EMSCRIPTEN_KEEPALIVE void page_make_ping(std::uintptr_t session, const char* data, std::size_t size,
                                         bool is_text) {
  auto& ping = at(session).ping;
  ping.data.assign(data, size);
  ping.type = is_text ? hawser::MessageType::text : hawser::MessageType::binary;
}

EMSCRIPTEN_KEEPALIVE void page_release(std::uintptr_t session) { delete &at(session); }

/// Sends a value if that is possible at once. Returns 1 if it was sent, 0 if `page_send` should
/// handle it, or the negated error.
EMSCRIPTEN_KEEPALIVE int page_send_value(std::uintptr_t session, void* data, bool is_kept) {
  const auto keep = is_kept ? hawser::Keep::yes : hawser::Keep::no;
  const auto sent = at(session).session->send_value(data, keep);
  return sent ? int{*sent} : -to_number(sent.error());
}

/// Returns `id_and_delivery`, or the negated error. When nothing can be sent any more, drops the
/// message, as a WebSocket does.
EMSCRIPTEN_KEEPALIVE double page_send(std::uintptr_t session, const char* data, std::size_t size,
                                      bool is_text, bool is_kept) {
  const auto keep = is_kept ? hawser::Keep::yes : hawser::Keep::no;
  const auto result = at(session).session->send(to_message(data, size, is_text), keep);
  if (!result && !hawser::pages::is_over(result.error())) return -to_number(result.error());
  return id_and_delivery(
      result.value_or(hawser::SendResult{.delivery = hawser::Delivery::dropped}));
}

/// `is_closing` means that the app has called `close` while JavaScript still reads Blobs that were
/// sent before.
EMSCRIPTEN_KEEPALIVE int page_send_now(std::uintptr_t session, void* data, bool is_closing) {
  if (is_closing) return to_number(hawser::Error::already_closing);
  return to_number(at(session).session->send_value_now(data));
}

EMSCRIPTEN_KEEPALIVE void page_receive_blobs(std::uintptr_t session, bool as_blobs) {
  const auto type = as_blobs ? hawser::BinaryType::blob : hawser::BinaryType::arraybuffer;
  at(session).session->receive_values(type);
}

/// A negative code means none. Does nothing if the session is closing or has stopped.
EMSCRIPTEN_KEEPALIVE int page_close(std::uintptr_t session, int code, const char* reason,
                                    std::size_t size) {
  const std::string_view text(reason, size);
  if (const auto error = code < 0 ? std::nullopt : hawser::check_close(code, text))
    return to_number(*error);
  const auto result = at(session).session->close(code < 0 ? hawser::seam::no_code : code, text);
  return !result && hawser::pages::is_over(result.error()) ? 0 : to_number(result);
}

/// The error that `page_close` would return for the code and the reason, or 0.
EMSCRIPTEN_KEEPALIVE int page_check_close(int code, const char* reason, std::size_t size) {
  const auto error =
      hawser::check_close(code < 0 ? hawser::close_code::normal_closure : code, {reason, size});
  return error ? to_number(*error) : 0;
}

EMSCRIPTEN_KEEPALIVE int page_ready(std::uintptr_t session) {
  return to_number(at(session).session->ready());
}

EMSCRIPTEN_KEEPALIVE int page_reconnect(std::uintptr_t session, int code, const char* reason,
                                        std::size_t size) {
  return to_number(at(session).session->reconnect(code, {reason, size}));
}

EMSCRIPTEN_KEEPALIVE void page_retry_now(std::uintptr_t session) {
  at(session).session->retry_now();
}

/// Answers an endpoint request. An empty URL means that there is no endpoint.
EMSCRIPTEN_KEEPALIVE void page_answer(std::uintptr_t session, double number, const char* url,
                                      std::size_t url_size, const char* protocols,
                                      std::size_t protocols_size) {
  auto& self = at(session);
  if (number != self.requests) return;
  auto request = std::exchange(self.request, std::nullopt);
  if (!request) return;
  if (url_size == 0) return request->fail();
  request->connect_to({.url = {url, url_size},
                       .protocols = hawser::pages::split({protocols, protocols_size}, ',')});
}

EMSCRIPTEN_KEEPALIVE double page_acknowledge(std::uintptr_t session, double id, bool is_only_this) {
  if (!(id >= 1 && id < 0x1p53)) return 0;
  auto& kept = at(session).session->outbox;
  const auto number = static_cast<std::uint64_t>(id);
  return static_cast<double>(is_only_this ? kept.acknowledge_one(number)
                                          : kept.acknowledge(number));
}

/// Leaves out messages that were sent with `keep: false`. They belong to their connection.
EMSCRIPTEN_KEEPALIVE void page_kept_messages(std::uintptr_t session, bool is_taken) {
  auto& outbox = at(session).session->outbox;
  return_list();
  for (const auto& message : outbox.messages()) {
    if (message.id() == 0) continue;
    const auto data = message.text();
    add_kept(static_cast<double>(message.id()), message.is_text(), data.data(), data.size(),
             message.was_sent());
  }
  if (is_taken) static_cast<void>(outbox.take_all());
}

/// Adds a message for the `page_restore` call that follows in the same turn.
EMSCRIPTEN_KEEPALIVE void page_prepare_restore(std::uintptr_t session, double id, const char* data,
                                               std::size_t size, bool is_text, bool was_sent) {
  at(session).to_restore.push_back({static_cast<std::uint64_t>(id), to_message(data, size, is_text),
                                    was_sent ? hawser::WasSent::yes : hawser::WasSent::no});
}

/// `is_closing` is the same as for `page_send_now`.
EMSCRIPTEN_KEEPALIVE int page_restore(std::uintptr_t session, double next_id, bool is_closing) {
  auto messages = std::exchange(at(session).to_restore, {});
  if (is_closing) return to_number(hawser::Error::already_closing);
  return to_number(at(session).session->restore(messages, static_cast<std::uint64_t>(next_id)));
}

EMSCRIPTEN_KEEPALIVE double page_next_id(std::uintptr_t session) {
  return static_cast<double>(at(session).session->outbox.next_id());
}

EMSCRIPTEN_KEEPALIVE void page_status(std::uintptr_t session) {
  return_value(at(session).session->status());
}

EMSCRIPTEN_KEEPALIVE void page_counters(std::uintptr_t session) {
  const auto& counted = *at(session).session;
  const auto counters = counted.counters();
  const auto number = [](auto count) { return static_cast<double>(count); };
  return_counters(number(counters.messages_sent), number(counters.bytes_sent),
                  number(counters.messages_received), number(counters.bytes_received),
                  number(counters.attempts), number(counters.connections),
                  number(counters.outbox_dropped), number(counted.outbox.size()),
                  number(counted.outbox.bytes()), number(counters.uptime.count()),
                  counters.round_trip ? number(counters.round_trip->count()) : -1,
                  counters.last_error ? to_number(*counters.last_error) : 0);
}

EMSCRIPTEN_KEEPALIVE int page_ready_state(std::uintptr_t session) {
  return std::to_underlying(at(session).session->ready_state());
}

EMSCRIPTEN_KEEPALIVE double page_buffered_amount(std::uintptr_t session) {
  auto& sending = *at(session).session;
  return static_cast<double>(sending.outbox.bytes()) +
         static_cast<double>(sending.socket().buffered_amount());
}

EMSCRIPTEN_KEEPALIVE void page_url(std::uintptr_t session) {
  return_text(at(session).session->url);
}
EMSCRIPTEN_KEEPALIVE void page_protocol(std::uintptr_t session) {
  return_text(at(session).session->protocol);
}
EMSCRIPTEN_KEEPALIVE void page_extensions(std::uintptr_t session) {
  return_text(at(session).session->extensions);
}

/// Returns the names of the values of the enumerations that JavaScript knows, separated by spaces,
/// with a comma after each enumeration.
EMSCRIPTEN_KEEPALIVE void page_names() {
  constexpr const auto& names =
      all_names<hawser::Start, hawser::Jitter, hawser::WhenOutboxFull, hawser::WhenHidden,
                hawser::SessionState, hawser::StopReason, hawser::Delivery>;
  return_text({names.data(), names.size()});
}

EMSCRIPTEN_KEEPALIVE void page_error_name(int error) {
  return_text(name(static_cast<hawser::Error>(error)));
}

}  // extern "C"
