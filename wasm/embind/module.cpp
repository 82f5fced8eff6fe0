// What the wasm module exports to js/web_socket.js, which makes the class WebSocket of it. Like hawser::WebSocket it uses
// detail::Socket, but it refuses only what the standard refuses.
//
// To JavaScript, a connection is a number, which it releases once its object is unreachable. Embind's class_ would do the
// same with more code to load. An error is a number too, and 0 means none.

#include <emscripten/bind.h>
#include <emscripten/em_js.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "../src/socket/socket.hpp"
#include "../src/socket/validation.hpp"
#include "errors.hpp"
#include "split.hpp"

namespace {

using emscripten::EM_VAL;
using emscripten::val;
using hawser::detail::Socket;
using hawser::pages::is_over;
using hawser::pages::to_number;
namespace seam = hawser::seam;

Socket& at(std::uintptr_t connection) {
  return *reinterpret_cast<Socket*>(connection);  // NOLINT(performance-no-int-to-ptr)
}

// Calls to js/web_socket.js. EM_JS is one call, while an emscripten::val's `call` looks up a name and converts each
// argument by its type.
// clang-format off
EM_JS(void, tell_open, (EM_VAL events), { Emval.toValue(events).open(); });
EM_JS(void, tell_message, (EM_VAL events, EM_VAL data), { Emval.toValue(events).message(Emval.toValue(data)); });
EM_JS(void, tell_error, (EM_VAL events), { Emval.toValue(events).error(); });
EM_JS(void, tell_close, (EM_VAL events, int code, const char* reason, size_t size, bool wasClean), {
  Emval.toValue(events).close(code, hawserDecode(reason, size), !!wasClean);
});
EM_JS_DEPS(module, "$Emval,$hawserDecode");
// clang-format on

/// The standard has no deadlines, and no limit for messages: these are JavaScript values, and take no wasm memory.
constexpr auto never = std::chrono::milliseconds::max();

/// Returns a connection, or the negated error. `protocols` are joined by commas, and `count` shows whether one of them has
/// a comma itself. `events` has `open()`, `message(data)`, `error()` and `close(code, reason, wasClean)`.
double open(const std::string& url, const std::string& protocols, unsigned count, const val& events) {
  hawser::WebSocketOptions options{.connect_timeout = never, .close_timeout = never};
  options.protocols = hawser::pages::split(protocols, ',');
  if (options.protocols.size() != count || !hawser::are_tokens(options.protocols)) {
    return -to_number(hawser::Error::invalid_protocol);
  }

  const auto opened = Socket::open(url, options);
  // js/ has parsed the URL, so what the browser rejects is a subprotocol, such as one that is listed twice.
  if (!opened && opened.error() == hawser::Error::invalid_url && count > 0)
    return -to_number(hawser::Error::invalid_protocol);
  if (!opened) return -to_number(opened.error());
  Socket* const socket = *opened;
  socket->on_open = [events] { tell_open(events.as_handle()); };
  socket->on_value = [events](seam::Value data) { tell_message(events.as_handle(), static_cast<EM_VAL>(data)); };
  socket->on_error = [events, socket](hawser::Error) {
    if (socket->is_failed()) tell_error(events.as_handle());
  };
  socket->on_close = [events](const hawser::CloseEvent& end) {
    tell_close(events.as_handle(), end.code, end.reason.data(), end.reason.size(), end.was_clean);
  };
  socket->receive_values(hawser::BinaryType::blob);
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(socket));
}

/// After `close` and after the end, data is dropped without an error.
int send(std::uintptr_t connection, const val& data) {
  auto& socket = at(connection);
  const auto result = socket.send(data.as_handle());
  if (result || !is_over(result.error())) return to_number(result);
  socket.drop(data.as_handle());
  return 0;
}

/// A negative `code` means none. Engines disagree about a reason without a code; this makes it the same in all.
int close(std::uintptr_t connection, int code, bool has_reason, const std::string& text) {
  const auto reason = has_reason ? std::string_view(text) : std::string_view();
  const auto error = hawser::check_close(code < 0 ? hawser::close_code::normal_closure : code, reason);
  if (error) return to_number(*error);
  const auto result = at(connection).close(code < 0 ? seam::no_code : code, reason);
  return !result && is_over(result.error()) ? 0 : to_number(result);
}

void receive_blobs(std::uintptr_t connection, bool as_blobs) {
  at(connection).receive_values(as_blobs ? hawser::BinaryType::blob : hawser::BinaryType::arraybuffer);
}

int ready_state(std::uintptr_t connection) { return std::to_underlying(at(connection).ready_state_of_browser()); }

double buffered_amount(std::uintptr_t connection) { return static_cast<double>(at(connection).buffered_amount()); }

template <seam::Property which>
std::string property(std::uintptr_t connection) {
  return at(connection).property(which);
}

void release(std::uintptr_t connection) { Socket::release(&at(connection)); }

}  // namespace

EMSCRIPTEN_BINDINGS(hawser) {
  emscripten::function("open", open);
  emscripten::function("send", send);
  emscripten::function("close", close);
  emscripten::function("receiveBlobs", receive_blobs);
  emscripten::function("readyState", ready_state);
  emscripten::function("bufferedAmount", buffered_amount);
  emscripten::function("url", property<seam::Property::url>);
  emscripten::function("protocol", property<seam::Property::protocol>);
  emscripten::function("extensions", property<seam::Property::extensions>);
  emscripten::function("release", release);
  emscripten::function("describe", hawser::pages::describe);
  emscripten::function("exceptionName", hawser::pages::exception_name);
}
