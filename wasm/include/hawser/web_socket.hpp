#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <hawser/close.hpp>
#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/message.hpp>
#include <hawser/options.hpp>
#include <hawser/payload.hpp>
#include <hawser/ready_state.hpp>

namespace emscripten {
class val;
}  // namespace emscripten

namespace hawser {

namespace detail {
class ConnectionCore;
class SessionCore;
class Socket;
}  // namespace detail

class WebSocket;

/// The handlers of a `WebSocket`, to be given to `WebSocket::open`. Its functions of the same names say when each runs.
struct Handlers {
  HandlerOf<WebSocket, void()> on_open = {};
  HandlerOf<WebSocket, void(const Message&)> on_message = {};
  HandlerOf<WebSocket, void(Error)> on_error = {};
  HandlerOf<WebSocket, void(const CloseEvent&)> on_close = {};
};

/// A WebSocket connection, made by the browser's own `WebSocket` (WHATWG WebSockets §3).
///
///     auto opened = hawser::WebSocket::open("wss://example.org/feed", {.protocols = {"feed.v2"}}, {
///         .on_open = [](hawser::WebSocket& socket) { socket.send("hello"); },
///         .on_message = [](const hawser::Message& message) { show(message.text()); },
///         .on_close = [](const hawser::CloseEvent& end) { show_end(end.code, end.reason); },
///     });
///     if (!opened) return report(hawser::describe(opened.error()));
///     sockets.push_back(std::move(*opened));  // keep it: the destructor closes the connection
///
/// What always holds, in every engine:
///
/// * No call throws, and no call runs a handler: handlers run later, from the event loop.
/// * A handler takes what its event has, or the socket and then that (see `HandlerOf`). Give the handlers to `open`, or
///   set them in the turn of the event loop in which it returned, and none misses an event.
/// * Every socket that `open` returned gets `on_close` exactly once, unless it is destroyed first. Where that
///   end is not a closing handshake, `on_error` comes before it with the same `Error`.
/// * After `on_close` and after the destructor no handler runs; after `close` no message comes.
/// * A handler may do anything: send, close, replace handlers, move or destroy this very socket. One that
///   throws is reported as the platform reports an exception from an event listener, and the socket goes on.
///
/// A socket belongs to the thread that opened it. Calls from another thread return `Error::wrong_thread`, or what a
/// socket without a connection returns, and set no handler. It may be moved and destroyed anywhere: the connection
/// closes on its own thread, or not at all if that has ended.
class [[nodiscard]] WebSocket {
 public:
  /// Stands for no connection, as what was moved from does: closed, and every call answers `Error::no_connection`.
  WebSocket() noexcept = default;

  /// Begins to connect to `url`: an absolute ws: or wss: URL in UTF-8, without a fragment, and with control characters,
  /// spaces and backslashes percent-encoded (RFC 6455 §3, RFC 3986 §2).
  ///
  /// Errors: `unsupported`, `invalid_url`, `url_too_long`, `invalid_protocol`, `invalid_timeout`, `blocked`,
  /// `browser_exception`. Whatever goes wrong after that, such as a server that refuses, comes as `on_error`
  /// and `on_close`.
  [[nodiscard]] static std::expected<WebSocket, Error> open(std::string_view url, const Options& options = {});
  [[nodiscard]] static std::expected<WebSocket, Error> open(std::string_view url, const Options& options,
                                                            Handlers handlers);

  /// Moving takes the connection and its handlers along, which are given the new object from then on.
  WebSocket(WebSocket&& other) noexcept;
  WebSocket& operator=(WebSocket&& other) noexcept;

  /// Closes the connection without a code, as a browser does for a socket that nobody refers to any more
  /// (WHATWG WebSockets §7). No handler runs afterwards, not even `on_close`.
  ~WebSocket() = default;

  /// The connection is open; `protocol` and `extensions` are known, and `send` works.
  void on_open(HandlerOf<WebSocket, void()> handler);

  /// A message has come. It lives until the handler returns.
  void on_message(HandlerOf<WebSocket, void(const Message&)> handler);

  /// A message has come, for JavaScript: a string, or what `type` says. It never was in the program's memory, and the
  /// handler may keep it. From this call on no message goes to `on_message`. Needs <hawser/value.hpp>.
  void on_value(HandlerOf<WebSocket, void(const emscripten::val& data)> handler,
                BinaryType type = BinaryType::arraybuffer);

  /// The connection failed; `on_close` follows. At most once, and never for a closing handshake.
  void on_error(HandlerOf<WebSocket, void(Error)> handler);

  /// The connection has ended. Exactly once, and the last that is heard of this socket: when it returns, all its
  /// handlers are destroyed, with whatever they hold.
  void on_close(HandlerOf<WebSocket, void(const CloseEvent&)> handler);

  /// Queues a message for sending: text that is valid UTF-8, bytes, or a `Message` (see `Payload`). It may be empty. The
  /// data is copied before `send` returns. `buffered_amount` tells how much still waits.
  ///
  /// Errors: `invalid_utf8`, `still_connecting`, `already_closing`, `already_closed`, `no_connection`,
  /// `browser_exception`; nothing was sent then.
  std::expected<void, Error> send(Payload payload);

  /// Sends what JavaScript has, without a copy in the program's memory: a string, a Blob, an ArrayBuffer or a view of
  /// one; shared and resizable memory is copied before it is sent. Needs <hawser/value.hpp>.
  ///
  /// Errors: those above; `invalid_utf8` for a string with a lone surrogate, `invalid_data` for any other value.
  std::expected<void, Error> send(const emscripten::val& value);

  /// Begins the closing handshake (RFC 6455 §7.1.2), or gives the connection up if it is not open yet: then nobody gets
  /// the code and the reason, and the connection ends with `Error::aborted`.
  ///
  /// `code` is 1000 or from 3000 to 4999; `reason` has at most `max_close_reason_size` bytes of valid UTF-8.
  /// Errors: `invalid_close_code`, `close_reason_too_long`, `invalid_utf8`, `already_closing`,
  /// `already_closed`, `no_connection`, `browser_exception`; the socket stays as it was then.
  std::expected<void, Error> close(int code = close_code::normal_closure, std::string_view reason = {});

  ReadyState ready_state() const noexcept;

  /// Bytes that `send` took and that have not been handed to the network yet. Text counts as UTF-8. `send` raises it at
  /// once; it falls between turns of the event loop only. When the connection ends, browsers keep the last value, and
  /// Node may fall to zero.
  std::uint64_t buffered_amount() const noexcept;

  /// The URL as the browser resolved it, for instance with the path "/" added.
  std::string url() const;

  /// The subprotocol that the server chose; empty before `on_open`, and when it chose none.
  std::string protocol() const;

  /// The extensions that the server chose; empty before `on_open`, and when it chose none.
  std::string extensions() const;

 private:
  friend class detail::ConnectionCore;
  friend class detail::SessionCore;

  struct Release {
    void operator()(detail::Socket* socket) const noexcept;
  };

  std::expected<void, Error> send_value(void* value);
  void receive_values(HandlerOf<WebSocket, void(void*)> handler, BinaryType type);

  explicit WebSocket(detail::Socket* socket) noexcept : socket_(socket) { own(); }

  /// Has the handlers be given this object.
  void own() noexcept;

  std::unique_ptr<detail::Socket, Release> socket_;  // null: no connection
};

// Inline, so that programs which set handlers one by one do not pay for it.
inline std::expected<WebSocket, Error> WebSocket::open(std::string_view url, const Options& options,
                                                       Handlers handlers) {
  auto opened = open(url, options);
  if (!opened) return opened;
  opened->on_open(std::move(handlers.on_open));
  opened->on_message(std::move(handlers.on_message));
  opened->on_error(std::move(handlers.on_error));
  opened->on_close(std::move(handlers.on_close));
  return opened;
}

}  // namespace hawser
