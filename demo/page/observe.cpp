// Reports the events of a module's sockets and sessions to the page's panel, as objects like those
// that JavaScript gets from load({ observe }). The other half is panel.mjs.

#include "observe.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

namespace {

using emscripten::val;
using hawser::ObservationType;

// The listener that the page passed to `observe`.
val page = val::undefined();

hawser::Observer observer;

/// A double, because a 64-bit integer would reach the page as a BigInt.
double number(auto value) { return static_cast<double>(value); }

/// Copies the bytes to a Uint8Array that JavaScript owns.
val to_array(std::string_view data) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  return val(emscripten::typed_memory_view(data.size(), bytes)).call<val>("slice");
}

void set_message(val& event, const hawser::RecordedEvent& from) {
  event.set("size", number(from.seen.size));
  event.set("binary", from.seen.message_type == hawser::MessageType::binary);
  event.set("data", to_array(from.data));
  if (from.data.size() < from.seen.size) event.set("truncated", true);
}

void set_error(val& event, hawser::Error error) {
  event.set("error", std::string(name(error)));
  event.set("message", std::string(describe(error)));
}

/// Sets the properties that an event of its type has.
void set_details(val& event, const hawser::RecordedEvent& from) {
  const auto& seen = from.seen;
  switch (seen.type) {
    case ObservationType::opening:
      event.set("url", from.url);
      event.set("protocols", from.protocols);
      break;
    case ObservationType::open:
      event.set("protocol", from.protocol);
      event.set("extensions", from.extensions);
      break;
    case ObservationType::sent:
      set_message(event, from);
      event.set("bufferedAmount", number(seen.buffered_amount));
      break;
    case ObservationType::received: set_message(event, from); break;
    case ObservationType::error:
      if (seen.is_refusal) set_message(event, from);
      if (seen.error) set_error(event, *seen.error);
      break;
    case ObservationType::close:
      event.set("code", seen.code);
      event.set("reason", from.reason);
      event.set("wasClean", seen.was_clean);
      if (seen.error) set_error(event, *seen.error);
      break;
    case ObservationType::state:
      event.set("state", std::string(name(seen.state)));
      event.set("attempt", seen.attempt);
      if (seen.is_offline) event.set("isOffline", true);
      if (seen.is_hidden) event.set("isHidden", true);
      if (seen.why != hawser::StopReason::none) event.set("why", std::string(name(seen.why)));
      break;
    case ObservationType::retry:
      event.set("delay", number(seen.delay.count()));
      event.set("attempt", seen.attempt);
      break;
    case ObservationType::drop:
      set_message(event, from);
      event.set("from", std::string(name(seen.dropped_from)));
      break;
  }
}

void observe(val listener) {
  page = std::move(listener);
  observer = hawser::observe(
      [](const hawser::Observation& seen) { panel::report(panel::copy(seen), "main"); },
      panel::options);
}

}  // namespace

hawser::RecordedEvent panel::copy(const hawser::Observation& seen) {
  hawser::RecordedEvent event = {
      .seen = seen,
      .url = std::string(seen.url),
      .protocols = std::string(seen.protocols),
      .protocol = std::string(seen.protocol),
      .extensions = std::string(seen.extensions),
      .reason = std::string(seen.reason),
      .data = std::string(reinterpret_cast<const char*>(seen.data.data()), seen.data.size())};
  event.seen.time += val::global("performance")["timeOrigin"].as<double>();
  return event;
}

void panel::report(const hawser::RecordedEvent& from, std::string_view thread) {
  if (page.isUndefined()) return;
  auto event = val::object();
  event.set("type", std::string(name(from.seen.type)));
  event.set("time", from.seen.time);
  event.set("thread", std::string(thread));
  if (from.seen.session) event.set("session", number(from.seen.session));
  if (from.seen.socket) event.set("socket", number(from.seen.socket));
  set_details(event, from);
  page(event);
}

EMSCRIPTEN_BINDINGS(observe) { emscripten::function("observe", observe); }
