// What the wasm module shows to js/, which makes the class WebSocket of it. A second face of detail::Socket, beside
// hawser::WebSocket: one that refuses what the standard refuses, and no more.
//
// A connection is a number for JavaScript, which frees it once, when nobody can reach its object any more. Embind's
// class_ would keep the same promise with more code to load. An error is a number too, 0 for none.

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

// What js/web_socket.js hears. By EM_JS, which is one call: an emscripten::val's `call` looks up a name and converts
// each argument by its type.
// clang-format off
EM_JS(void, tell_open, (EM_VAL events), { Emval.toValue(events).open(); });
EM_JS(void, tell_message, (EM_VAL events, EM_VAL data), { Emval.toValue(events).message(Emval.toValue(data)); });
EM_JS(void, tell_error, (EM_VAL events), { Emval.toValue(events).error(); });
EM_JS(void, tell_close, (EM_VAL events, int code, const char* reason, size_t size, bool wasClean), {
  Emval.toValue(events).close(code, hawserDecode(reason, size), !!wasClean);
});
EM_JS_DEPS(module, "$Emval,$hawserDecode");
// clang-format on

/// The standard knows no deadlines. (Nor a limit on messages: these are JavaScript values, and take no wasm memory.)
constexpr auto never = std::chrono::milliseconds::max();

/// A connection, or the negated error. `protocols` are joined by commas; that each is a token, and so has no comma,
/// shows by `count`. `events` has `open()`, `message(data)`, `error()` and `close(code, reason, wasClean)`.
double open(const std::string& url, const std::string& protocols, unsigned count, const val& events) {
  hawser::Options options{.connect_timeout = never, .close_timeout = never};
  options.protocols = hawser::pages::split(protocols, ',');
  if (options.protocols.size() != count || !hawser::are_tokens(options.protocols)) {
    return -to_number(hawser::Error::invalid_protocol);
  }

  auto opened = Socket::open(url, options);
  // js/ has parsed the URL: what the browser finds wrong is a subprotocol, such as one that is there twice.
  if (!opened && opened.error() == hawser::Error::invalid_url && count > 0)
    return -to_number(hawser::Error::invalid_protocol);
  if (!opened) return -to_number(opened.error());
  auto* const socket = opened->release();
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

/// After `close` and after the end data is dropped, which is no error.
int send(std::uintptr_t connection, const val& data) {
  auto& socket = at(connection);
  const auto result = socket.send(data.as_handle());
  if (result || !is_over(result.error())) return to_number(result);
  socket.drop(data.as_handle());
  return 0;
}

/// A negative `code` is none. Engines disagree about a reason without a code: this one decides.
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
