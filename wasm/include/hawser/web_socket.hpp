#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <hawser/close.hpp>
#include <hawser/detail/offer_protocols.hpp>
#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/message.hpp>
#include <hawser/payload.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/sender.hpp>
#include <hawser/web_socket_options.hpp>

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

/// The handlers of a `WebSocket`, for `WebSocket::open`. All are optional.
struct Handlers {
  /// Called when the connection is open. See `WebSocket::on_open`.
  HandlerOf<WebSocket, void()> on_open = {};

  /// Called for each message. See `WebSocket::on_message`.
  HandlerOf<WebSocket, void(const Message&)> on_message = {};

  /// Called when the connection fails. See `WebSocket::on_error`.
  HandlerOf<WebSocket, void(Error)> on_error = {};

  /// Called when the connection has ended. See `WebSocket::on_close`.
  HandlerOf<WebSocket, void(const CloseEvent&)> on_close = {};
};

/// A WebSocket connection with callbacks, over the browser's own `WebSocket`.
///
///     auto opened = hawser::WebSocket::open("wss://example.org/feed", {.protocols = {"feed.v2"}}, {
///         .on_open = [](hawser::WebSocket& socket) { socket.send("hello"); },
///         .on_message = [](const hawser::Message& message) { show(message.text()); },
///         .on_close = [](const hawser::CloseEvent& end) { show_end(end); },
///     });
///     if (!opened) return report(hawser::describe(opened.error()));
///     sockets.push_back(std::move(*opened));  // keep it: the destructor closes the connection
///
/// Rules that hold in every engine:
///
/// * No call throws. Handlers never run inside your calls: they run later, from the event loop.
/// * No event is missed if you pass the handlers to `open`, or set them in the same turn of the
///   event loop. A handler takes the arguments of its event, optionally preceded by the socket (see
///   `HandlerOf`).
/// * Every socket that `open` returns gets exactly one `on_close`, unless it is destroyed first. If
///   the connection failed, `on_error` comes right before it, with the same `Error`.
/// * Before `on_open`, `send` returns `Error::still_connecting` and queues nothing. (A `Session`
///   queues.)
/// * No handler runs after `on_close` or after the destructor. No message arrives after `close`.
/// * A handler may send, close, replace handlers, or even move or destroy its own socket. If it
///   throws, the exception is reported like one from an event listener, and the socket keeps
///   working.
///
/// A socket is move-only and belongs to the thread that opened it. On other threads, calls that can
/// fail return `Error::wrong_thread`, and setting a handler has no effect. All other calls return
/// the same as for a socket without a connection. Any thread may move or destroy a socket. A
/// destroyed socket's connection closes on its own thread, or not at all if that thread has ended.
///
/// See https://websockets.spec.whatwg.org/#the-websocket-interface.
class [[nodiscard]] WebSocket {
 public:
  /// Creates a closed socket without a connection, like a moved-from one.
  ///
  /// Every call returns `Error::no_connection`.
  WebSocket() noexcept = default;

  /// Starts connecting to `url` and returns at once.
  ///
  /// `url` is an absolute ws: or wss: URL in UTF-8, without a fragment, of at most `max_url_size`
  /// bytes. Control characters, spaces and backslashes must be percent-encoded. See
  /// https://www.rfc-editor.org/rfc/rfc6455#section-3 and
  /// https://www.rfc-editor.org/rfc/rfc3986#section-2.
  ///
  /// Errors: `unsupported`, `invalid_url`, `url_too_long`, `invalid_protocol`, `invalid_timeout`,
  /// `blocked`, `browser_exception`. `on_error` and `on_close` report later failures, such as a
  /// server that refuses the connection.
  [[nodiscard, gnu::always_inline]] static std::expected<WebSocket, Error> open(
      std::string_view url, const WebSocketOptions& options = {}) {
    return start(url, options, options.protocols.empty() ? nullptr : detail::offer_protocols);
  }

  /// Starts connecting with these handlers. Otherwise as above.
  [[nodiscard]] static std::expected<WebSocket, Error> open(std::string_view url,
                                                            const WebSocketOptions& options,
                                                            Handlers handlers);

  /// Takes over the connection and its handlers. From then on, handlers get the new object.
  ///
  /// Assigning to a socket closes its old connection, as the destructor does.
  WebSocket(WebSocket&& other) noexcept;
  WebSocket& operator=(WebSocket&& other) noexcept;

  /// Closes the connection without a code. No handler runs afterwards, not even `on_close`.
  ///
  /// Queued messages are still sent.
  ///
  /// Browsers do the same for a `WebSocket` that is garbage collected. See
  /// https://websockets.spec.whatwg.org/#garbage-collection.
  ~WebSocket() = default;

  /// Sets the handler to call when the connection is open.
  ///
  /// From then on `send` works, and `protocol` and `extensions` are known.
  void on_open(HandlerOf<WebSocket, void()> handler);

  /// Sets the handler to call for each message. The message is valid until the handler returns.
  void on_message(HandlerOf<WebSocket, void(const Message&)> handler);

  /// Sets the handler to call for each message as a JavaScript value, instead of `on_message`.
  ///
  /// The value is a string, or for a binary message, an object of the kind that `type` selects. It
  /// never enters the program's memory, and the handler may keep it. Needs <hawser/value.hpp>.
  void on_value(HandlerOf<WebSocket, void(const emscripten::val& data)> handler,
                BinaryType type = BinaryType::arraybuffer);

  /// Sets the handler to call when the connection fails.
  ///
  /// It is called at most once, right before `on_close`. A closing handshake is not a failure,
  /// except after a message that was too large.
  void on_error(HandlerOf<WebSocket, void(Error)> handler);

  /// Sets the handler to call when the connection has ended.
  ///
  /// It is called exactly once, as the last handler. When it returns, all handlers of the socket
  /// are destroyed, with their captures.
  void on_close(HandlerOf<WebSocket, void(const CloseEvent&)> handler);

  /// Queues a message: text, bytes or a `Message` (see `Payload`).
  ///
  /// Text must be valid UTF-8. The message may be empty. The data is copied before `send` returns.
  /// See `buffered_amount` for the size of the queue, and
  /// https://websockets.spec.whatwg.org/#dom-websocket-send.
  ///
  /// Errors: `invalid_utf8`, `still_connecting`, `already_closing`, `already_closed`,
  /// `no_connection`, `wrong_thread`, `browser_exception`. After an error, nothing was sent.
  std::expected<void, Error> send(Payload payload) {
    const Message& message = payload.message();
    return send_message(message.type(), message.bytes().data(), message.size());
  }

  /// Queues a JavaScript value: a string, a `Blob`, an `ArrayBuffer` or a view of one.
  ///
  /// The data is not copied into the program's memory. Shared or resizable memory is copied before
  /// it is sent. Needs <hawser/value.hpp>.
  ///
  /// Errors: those of the other overload. `invalid_utf8` means a string with a lone surrogate.
  /// `invalid_data` means any other value.
  std::expected<void, Error> send(const emscripten::val& value);

  /// Returns a `Sender`, which sends over this connection from any thread.
  ///
  /// The first call creates the queue with these options. Later calls return a sender for the same
  /// queue. On another thread, it returns a sender whose `send` always returns `wrong_thread`.
  Sender sender(const SenderOptions& options = {});

  /// Starts the closing handshake. If the connection is not open yet, aborts it.
  ///
  /// An aborted connection ends with `Error::aborted`, and the peer gets neither code nor reason.
  /// Otherwise, queued messages are sent before the Close frame (see
  /// `WebSocketOptions::close_timeout`).
  ///
  /// `code` is 1000 or from 3000 to 4999. `reason` is valid UTF-8 of at most
  /// `max_close_reason_size` bytes. See https://www.rfc-editor.org/rfc/rfc6455#section-7.1.2.
  ///
  /// Errors: `invalid_close_code`, `close_reason_too_long`, `invalid_utf8`, `already_closing`,
  /// `already_closed`, `no_connection`, `wrong_thread`, `browser_exception`. After an error, the
  /// socket is unchanged.
  std::expected<void, Error> close(int code = close_code::normal_closure,
                                   std::string_view reason = {});

  /// The state of the connection. hawser tracks it itself, so it is the same in every engine.
  ReadyState ready_state() const noexcept;

  /// The number of bytes that were sent but not yet handed to the network.
  ///
  /// Text counts as UTF-8. `send` raises the number at once. It falls only between turns of the
  /// event loop. After the end of the connection, browsers keep the last value, and Node may reset
  /// it to 0. See https://websockets.spec.whatwg.org/#dom-websocket-bufferedamount.
  std::uint64_t buffered_amount() const noexcept;

  /// The URL as resolved by the browser, for example with the path "/" added.
  std::string url() const;

  /// The subprotocol that the server selected. Empty before `on_open`, or if it selected none.
  std::string protocol() const;

  /// The extensions that the server selected. Empty before `on_open`, or if it selected none.
  std::string extensions() const;

 private:
  friend class detail::ConnectionCore;
  friend class detail::SessionCore;

  struct Release {
    void operator()(detail::Socket* socket) const noexcept;
  };

  // Takes a message in parts, which are passed in registers.
  std::expected<void, Error> send_message(MessageType type, const std::byte* data,
                                          std::size_t size);
  std::expected<void, Error> send_value(void* value);
  void receive_values(HandlerOf<WebSocket, void(void*)> handler, BinaryType type);

  /// Starts connecting. Without `offer`, there are no subprotocols.
  static std::expected<WebSocket, Error> start(std::string_view url,
                                               const WebSocketOptions& options,
                                               detail::OfferProtocols* offer);

  explicit WebSocket(detail::Socket* socket) noexcept : socket_(socket) { own(); }

  /// Makes handlers refer to this object.
  void own() noexcept;

  std::unique_ptr<detail::Socket, Release> socket_;  // null: no connection
};

// Inline, so that programs that set handlers one by one don't pay for it.
inline std::expected<WebSocket, Error> WebSocket::open(std::string_view url,
                                                       const WebSocketOptions& options,
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
