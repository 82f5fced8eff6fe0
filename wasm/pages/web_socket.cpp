// The exports of the wasm module for js/web_socket.js, which builds the class WebSocket on them.
// They use detail::Socket, as hawser::WebSocket does, but they reject only what the standard
// rejects.
//
// To JavaScript, a connection is a number, which it releases once its object is unreachable. An
// error is a number too, and 0 means none.

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
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
#include "js_value.hpp"

namespace {

using hawser::detail::Socket;
using hawser::pages::is_over;
using hawser::pages::JsValue;
using hawser::pages::return_text;
using hawser::pages::to_number;
namespace seam = hawser::seam;

Socket& at(std::uintptr_t connection) {
  return *reinterpret_cast<Socket*>(connection);  // NOLINT(performance-no-int-to-ptr)
}

// Calls to js/web_socket.js.
// clang-format off
EM_JS(void, tell_open, (void* events), { Emval.toValue(events).open(); });
EM_JS(void, tell_message, (void* events, void* data), { Emval.toValue(events).message(Emval.toValue(data)); });
EM_JS(void, tell_error, (void* events), { Emval.toValue(events).error(); });
EM_JS(void, tell_close, (void* events, int code, const char* reason, size_t size, bool wasClean), {
  Emval.toValue(events).close(code, hawserDecode(reason, size), !!wasClean);
});
EM_JS_DEPS(module, "$Emval,$hawserDecode");
// clang-format on

/// The standard has no deadlines and no message size limit. Messages are JavaScript values, so they
/// take no wasm memory.
constexpr auto never = std::chrono::milliseconds::max();

/// Whether `list` consists of `count` tokens, each followed by a comma.
bool are_tokens(std::string_view list, unsigned count) {
  for (; count > 0; --count) {
    const auto end = list.find(',');
    if (end == std::string_view::npos || !hawser::is_token(list.substr(0, end))) return false;
    list.remove_prefix(end + 1);
  }
  return list.empty();
}

template <seam::Property which>
void return_property(std::uintptr_t connection) {
  return_text(at(connection).property(which));
}

}  // namespace

extern "C" {

/// Returns a connection, or the negated error. Each of the `count` protocols is followed by a
/// comma, and may itself contain commas. `listeners` has `open()`, `message(data)`, `error()` and
/// `close(code, reason, wasClean)`.
EMSCRIPTEN_KEEPALIVE double page_open(const char* url, std::size_t url_size, const char* protocols,
                                      std::size_t protocols_size, unsigned count, void* listeners) {
  const JsValue events(listeners);
  const std::string_view offered(protocols, protocols_size);
  if (!are_tokens(offered, count)) return -to_number(hawser::Error::invalid_protocol);

  const auto opened =
      Socket::open({url, url_size}, offered, {.connect_timeout = never, .close_timeout = never});
  // js/ has already parsed the URL, so what the browser rejects is a subprotocol, for example one
  // that is listed twice.
  if (!opened && opened.error() == hawser::Error::invalid_url && count > 0)
    return -to_number(hawser::Error::invalid_protocol);
  if (!opened) return -to_number(opened.error());
  Socket* const socket = *opened;
  socket->on_open = [events] { tell_open(events.handle()); };
  socket->on_value = [events](seam::Value data) { tell_message(events.handle(), data); };
  socket->on_error = [events, socket](hawser::Error) {
    if (socket->is_failed()) tell_error(events.handle());
  };
  socket->on_close = [events](const hawser::CloseEvent& end) {
    tell_close(events.handle(), end.code, end.reason.data(), end.reason.size(), end.was_clean);
  };
  socket->receive_values(hawser::BinaryType::blob);
  return static_cast<double>(reinterpret_cast<std::uintptr_t>(socket));
}

/// After `close` and after the end, drops the data without an error.
EMSCRIPTEN_KEEPALIVE int page_send(std::uintptr_t connection, void* data) {
  auto& socket = at(connection);
  const auto result = socket.send(data);
  if (result || !is_over(result.error())) return to_number(result);
  socket.drop(data);
  return 0;
}

/// A negative `code` means none, and so does a null `reason`. Engines disagree about a reason
/// without a code. This makes it the same everywhere.
EMSCRIPTEN_KEEPALIVE int page_close(std::uintptr_t connection, int code, const char* text,
                                    std::size_t size) {
  const std::string_view reason(text, size);
  const auto error =
      hawser::check_close(code < 0 ? hawser::close_code::normal_closure : code, reason);
  if (error) return to_number(*error);
  const auto result = at(connection).close(code < 0 ? seam::no_code : code, reason);
  return !result && is_over(result.error()) ? 0 : to_number(result);
}

EMSCRIPTEN_KEEPALIVE void page_receive_blobs(std::uintptr_t connection, bool as_blobs) {
  at(connection)
      .receive_values(as_blobs ? hawser::BinaryType::blob : hawser::BinaryType::arraybuffer);
}

EMSCRIPTEN_KEEPALIVE int page_ready_state(std::uintptr_t connection) {
  return std::to_underlying(at(connection).ready_state_of_browser());
}

EMSCRIPTEN_KEEPALIVE double page_buffered_amount(std::uintptr_t connection) {
  return static_cast<double>(at(connection).buffered_amount());
}

EMSCRIPTEN_KEEPALIVE void page_url(std::uintptr_t connection) {
  return_property<seam::Property::url>(connection);
}

EMSCRIPTEN_KEEPALIVE void page_protocol(std::uintptr_t connection) {
  return_property<seam::Property::protocol>(connection);
}

EMSCRIPTEN_KEEPALIVE void page_extensions(std::uintptr_t connection) {
  return_property<seam::Property::extensions>(connection);
}

EMSCRIPTEN_KEEPALIVE void page_release(std::uintptr_t connection) {
  Socket::release(&at(connection));
}

}  // extern "C"
