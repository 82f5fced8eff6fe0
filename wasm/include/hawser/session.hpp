#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hawser/close.hpp>
#include <hawser/connection.hpp>
#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/heartbeat.hpp>
#include <hawser/message.hpp>
#include <hawser/outbox.hpp>
#include <hawser/payload.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/reconnect.hpp>
#include <hawser/sender.hpp>

// Sessions: connections that reconnect.
//
//     hawser::Session session("wss://example.org/feed", {.heartbeat = {.ping = "ping"}}, {
//         .on_open = [](hawser::Session& session) { session.send_now(token()); },
//         .on_message = [](const hawser::Message& message) { show(message.text()); },
//         .on_status = [](const hawser::SessionStatus& status) { show_status(status); },
//     });
//     session.send("subscribe");  // queued until the session is connected

namespace hawser {

/// A server to connect to.
struct Endpoint {
  std::string url;                          ///< See `WebSocket::open`.
  std::vector<std::string> protocols = {};  ///< See `WebSocketOptions::protocols`.
};

class Session;

namespace detail {

class FarSession;
class SessionCore;

/// Null if there is no session.
SessionCore* core_of(Session& session) noexcept;

/// Closes a session with a Close frame without a code, as the browser's `close()` does.
std::expected<void, Error> close_without_code(Session& session);

}  // namespace detail

/// A request for the endpoint of the next attempt. See `SessionHandlers::on_endpoint_request`.
///
/// The session waits for an answer until `SessionOptions::endpoint_timeout`. The attempt fails if
/// the request is answered later or destroyed without an answer.
///
/// It is move-only and may outlive its session. It belongs to the same thread as the session.
class EndpointRequest {
 public:
  /// Takes over the request. A request that is assigned to fails, if it was not answered.
  EndpointRequest(EndpointRequest&&) noexcept = default;
  EndpointRequest& operator=(EndpointRequest&& other) noexcept;

  /// Fails the attempt, if the request was not answered.
  ~EndpointRequest();

  /// Answers the request, now or later. Only the first answer counts.
  void connect_to(const Endpoint& endpoint);

  /// Fails the attempt. The session then decides whether to try again.
  void fail();

 private:
  friend class detail::SessionCore;
  explicit EndpointRequest(std::weak_ptr<detail::SessionCore> asked, std::uint64_t number)
      : session_(std::move(asked)), attempt_(number) {}

  std::weak_ptr<detail::SessionCore> session_;
  std::uint64_t attempt_;
};

/// When a session starts.
enum class Start : std::uint8_t {
  later,  ///< When `retry_now` or `reconnect` is called. Until then it is idle and queues messages.
  now,    ///< In the next turn of the event loop.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(Start start) noexcept {
  switch (start) {
    case Start::later: return "later";
    case Start::now: return "now";
  }
  return "unknown";
}

/// Whether the outbox waits for `Session::ready` on each new connection.
enum class Gate : std::uint8_t {
  closed,  ///< Queued messages wait for `Session::ready`.
  open,    ///< Queued messages are sent when `on_open` has returned.
};

/// What a session does once its page has been hidden for `SessionOptions::hidden_grace`.
enum class WhenHidden : std::uint8_t {
  keep,   ///< Nothing: it stays connected, and reconnects.
  close,  ///< It closes its connection, and reconnects when the page is visible.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(WhenHidden policy) noexcept {
  switch (policy) {
    case WhenHidden::keep: return "keep";
    case WhenHidden::close: return "close";
  }
  return "unknown";
}

/// The limits of the inbox, which holds received messages if there is no `on_message` handler.
///
/// Before the first `receive`, a full inbox never ends the session. Instead the oldest messages are
/// dropped and counted.
struct InboxOptions {
  /// The capacity in bytes of payload. There is always room for one message, whatever its size.
  std::size_t max_inbox_bytes = 16 << 20;

  /// The capacity in messages.
  std::size_t max_inbox_messages = 65'536;

  /// What happens when the inbox is full, from the first `receive` on.
  WhenInboxFull when_inbox_full = WhenInboxFull::close;
};

/// The options of a `Session`. They can be copied and used for several sessions.
struct SessionOptions {
  /// Whether the session connects by itself.
  Start start = Start::now;

  /// Whether queued messages wait for `Session::ready` on each new connection.
  ///
  /// Use `Gate::closed` for a login that takes longer than `on_open`. `send_now` still sends at
  /// once. A connection ends with `Error::connection_timed_out` if `ready` is not called within
  /// `ready_timeout`.
  Gate gate = Gate::open;

  /// When to reconnect, and when to stop.
  ReconnectOptions reconnect = {};

  /// The deadline for each attempt to open a connection. See `WebSocketOptions::connect_timeout`.
  ///
  /// With `SessionHandlers::on_endpoint_request`, it starts with the answer.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);

  /// The deadline for closing a connection. See `WebSocketOptions::close_timeout`.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);

  /// How long closing may take while messages are queued. See `WebSocketOptions::drain_timeout`.
  std::chrono::milliseconds drain_timeout = std::chrono::minutes(1);

  /// The largest message to accept, in bytes. See `WebSocketOptions::max_message_size`.
  ///
  /// After a larger message, the session stops with `StopReason::message_refused`, unless
  /// `SessionHandlers::decide_reconnect` decides otherwise.
  std::size_t max_message_size = 64 << 20;

  /// How long to wait for the answer to an `EndpointRequest`.
  ///
  /// After that the attempt fails with `Error::connection_timed_out`.
  std::chrono::milliseconds endpoint_timeout = std::chrono::seconds(10);

  /// How long to wait for `Session::ready` after a connection opened, with `Gate::closed`.
  std::chrono::milliseconds ready_timeout = std::chrono::seconds(10);

  /// When to ping a peer that has stopped sending, and how. By default it is never pinged.
  HeartbeatOptions heartbeat = {};

  /// How to queue messages while there is no connection.
  OutboxOptions outbox = {};

  /// How many received messages to hold for `receive`.
  InboxOptions inbox = {};

  /// Whether the session stays connected while the page is hidden.
  ///
  /// With `WhenHidden::close`, a connection is closed with code 1000 once the page has been hidden
  /// for `hidden_grace`, and no further attempt is made. When the page is visible, the session
  /// reconnects at once. Messages wait in the outbox. See `SessionStatus::is_hidden`.
  ///
  /// It has no effect where no event reports that a page is hidden: in Node, in workers, and so on
  /// threads other than the browser's main thread.
  WhenHidden when_hidden = WhenHidden::keep;

  /// How long the page must have been hidden for `WhenHidden::close`. 0 or less: at once.
  /// `milliseconds::max()`: never.
  ///
  /// It starts again when a connection opens, and when the app calls `retry_now` or `reconnect`. So
  /// an app can connect while the page is hidden. Browsers delay the timers of a hidden page by up
  /// to a minute, or stop them.
  std::chrono::milliseconds hidden_grace = std::chrono::minutes(1);

  /// The seed of the random delays, to make tests repeatable. By default each session has its own.
  ///
  /// Never give all clients the same seed: they would all reconnect at the same moments.
  std::optional<std::uint64_t> seed = std::nullopt;
};

/// The state of a session.
enum class SessionState : std::uint8_t {
  idle,        ///< Not started (`Start::later`), or moved from.
  connecting,  ///< Waiting for an endpoint or for the connection to open.
  open,        ///< Connected, or closing a connection.
  waiting,     ///< Waiting for the time of the next attempt, for the network or for a visible page.
  stopped,     ///< Not reconnecting, until `retry_now` or `reconnect` is called.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(SessionState state) noexcept {
  switch (state) {
    case SessionState::idle: return "idle";
    case SessionState::connecting: return "connecting";
    case SessionState::open: return "open";
    case SessionState::waiting: return "waiting";
    case SessionState::stopped: return "stopped";
  }
  return "unknown";
}

/// The state of a session with details, to show to the user.
struct SessionStatus {
  /// What the session is doing.
  SessionState state = SessionState::idle;

  /// The number of the current or next attempt. 0 for the very first attempt, and while open.
  ///
  /// It counts up from 1 after an end, until a connection has lasted for `min_uptime`.
  std::uint32_t attempt = 0;

  /// The time until the next attempt, from now. Set only while waiting for it.
  std::chrono::milliseconds retry_in{0};

  /// Whether the session waits for the network. Set only in the state `waiting`.
  bool is_offline = false;

  /// Whether the session waits for the page to be visible (`WhenHidden::close`). Set only in the
  /// state `waiting`.
  bool is_hidden = false;

  /// Why the session stopped. `none` if it has not.
  StopReason why = StopReason::none;

  /// How the last connection or attempt ended, or `Error::aborted` if `close` ended a wait. Empty
  /// before the first end.
  std::optional<CloseEvent> end = std::nullopt;
};

/// Statistics of a session, since it was created.
struct SessionCounters {
  /// Messages handed to the browser, including repeated ones. Pings don't count.
  std::uint64_t messages_sent = 0;

  /// The size of those messages, in bytes of payload.
  std::uint64_t bytes_sent = 0;

  /// Messages received, including answers to pings.
  std::uint64_t messages_received = 0;

  /// The size of those messages, in bytes of payload.
  std::uint64_t bytes_received = 0;

  /// Attempts to connect, including those that got no endpoint.
  std::uint64_t attempts = 0;

  /// Attempts that succeeded.
  std::uint64_t connections = 0;

  /// Messages that the outbox refused or dropped.
  std::uint64_t outbox_dropped = 0;

  /// Messages that the inbox dropped: by `WhenInboxFull::drop_oldest`, or before any `receive`.
  std::uint64_t inbox_dropped = 0;

  /// The total time of all connections, including the current one.
  std::chrono::milliseconds uptime{0};

  /// The round-trip time of the last ping that was answered. Empty without `is_pong`.
  std::optional<std::chrono::milliseconds> round_trip = std::nullopt;

  /// The error of the last end that had one.
  std::optional<Error> last_error = std::nullopt;
};

/// What `Session::send` did with a message.
struct SendResult {
  /// Whether it was sent, kept or dropped.
  Delivery delivery = Delivery::dropped;

  /// The id of the message in the outbox, for `SessionOutbox::acknowledge`. 0 if it was not kept.
  std::uint64_t id = 0;
};

/// A view of the outbox of a session: the messages to send, and their acknowledgement.
///
///     session.outbox().acknowledge(id);
///
/// It must not outlive its session, so use it at once. Without a session, or on another thread, it
/// is empty.
class SessionOutbox {
 public:
  /// The number of messages that wait for a connection or for their acknowledgement.
  std::size_t size() const noexcept;

  /// The size of those messages, in bytes of payload.
  std::size_t bytes() const noexcept;

  /// The id that the next message gets if it is kept. You can write it into the message.
  std::uint64_t next_id() const noexcept;

  /// Removes the message with this id and all before it, because the peer has them.
  ///
  /// Returns how many messages it removed. An id that was never sent removes none.
  std::size_t acknowledge(std::uint64_t id);

  /// Removes only the message with this id, for a peer that acknowledges out of order.
  ///
  /// Returns how many messages it removed: 0 or 1.
  std::size_t acknowledge_one(std::uint64_t id);

  /// The messages in the outbox, the oldest first: to store them.
  ///
  /// Messages with `Keep::no` have the id 0. The view is valid until a call on the session, and
  /// until the event loop runs.
  std::span<const KeptMessage> messages() const noexcept;

  /// Removes all messages, and returns them, the oldest first: to store them, or to restore them
  /// in another session.
  ///
  /// They don't count as dropped, and `on_drop` is not called. Messages with `Keep::no` stay,
  /// because they belong to the current connection. With acknowledgement, a returned message may
  /// have arrived (see `KeptMessage::was_sent`). Call it before `close`, which drops what is left.
  std::vector<KeptMessage> take_all();

  /// Puts messages in front of those in the outbox. If the session is open, they are sent now.
  ///
  /// They keep their ids, and the ids of later messages continue after the largest. Pass `next_id`,
  /// as stored, so that ids of acknowledged messages are not used again either. `restore({}, id)`
  /// only makes `id` the next one, if it is greater than the next one now.
  ///
  /// It restores all messages and leaves `messages` empty, or returns an error and changes nothing.
  /// Errors: `id_conflict` if the ids don't go up, or are 0 or 2^51 and more, or if the outbox has a
  /// message with a smaller or equal id, or one that was sent; `outbox_full`, whatever
  /// `when_outbox_full` is; `invalid_utf8`; `out_of_memory` if a message has lost its payload;
  /// `already_closed` after `close`, or if the session has stopped; `no_connection`,
  /// `wrong_thread`.
  std::expected<void, Error> restore(std::vector<KeptMessage>&& messages, std::uint64_t next_id = 0);

 private:
  friend class Session;
  explicit SessionOutbox(detail::SessionCore* core) noexcept : core_(core) {}

  detail::SessionCore* core_;
};

/// A handler that drops each message, for a session that only sends.
///
///     session.on_message(hawser::discard);
inline constexpr auto discard = [](const Message&) {};

/// The handlers of a `Session`, for its constructor. All are optional.
///
/// Each takes the arguments that it names, optionally preceded by the session (see `HandlerOf`).
struct SessionHandlers {
  /// Called when the session has connected. See `Session::on_open`.
  HandlerOf<Session, void()> on_open = {};

  /// Called for each message. See `Session::on_message`.
  HandlerOf<Session, void(const Message&)> on_message = {};

  /// Called when a connection or an attempt has failed. See `Session::on_error`.
  HandlerOf<Session, void(Error)> on_error = {};

  /// Called when a connection or an attempt has ended. See `Session::on_close`.
  HandlerOf<Session, void(const CloseEvent&)> on_close = {};

  /// Called when the state has changed. See `Session::on_status`.
  HandlerOf<Session, void(const SessionStatus&)> on_status = {};

  /// Called for each kept message that is dropped. See `Session::on_drop`.
  HandlerOf<Session, void(const KeptMessage&)> on_drop = {};

  /// Provides the endpoint of each attempt: for example a URL with a fresh token.
  ///
  ///     hawser::Session session(std::vector<hawser::Endpoint>(), {}, {
  ///         .on_endpoint_request = [](hawser::EndpointRequest request) {
  ///           request.connect_to({.url = "wss://example.org/feed?token=" + token()});
  ///         },
  ///     });
  ///
  /// It replaces the endpoints of the constructor, so pass none. Answer the request now or later,
  /// on the same thread.
  HandlerOf<Session, void(EndpointRequest)> on_endpoint_request = {};

  /// Decides whether to reconnect after a connection or an attempt has ended.
  ///
  /// `decision` is hawser's own (see `decide`): return it or another one. If the handler throws,
  /// hawser's own applies. It is not called after your own `close` or `reconnect`, or if the session
  /// closes the connection because the page is hidden.
  HandlerOf<Session, Decision(const CloseEvent& end, Decision decision)> decide_reconnect = {};

  /// Returns the message to send as a ping: for example with a number.
  ///
  /// It replaces `HeartbeatOptions::ping`, which is sent only if this throws. If that is empty then,
  /// no ping is sent, and no answer is expected. A returned ping is sent even if it is empty.
  HandlerOf<Session, Ping()> make_ping = {};

  /// Returns whether a message answers a ping.
  ///
  /// Such a message is not passed on, and sets `SessionCounters::round_trip`. If the handler
  /// throws, the message is not passed on either. Without this handler, all messages are passed on,
  /// and the round-trip time is unknown. In any case, every message shows that the peer is alive.
  HandlerOf<Session, bool(const Message& message)> is_pong = {};
};

/// A connection that reconnects when it is lost, and queues messages in the meantime.
///
/// * No call runs a handler: handlers run later, from the event loop.
/// * No handler runs after the destructor.
/// * A handler may send, close, or even move or destroy its own session. If it throws, the
///   exception is reported like one from an event listener, and the session keeps working.
///
/// A session is move-only. It belongs to the thread that created it: calls from other threads
/// return `Error::wrong_thread`, as for a `WebSocket`.
class [[nodiscard]] Session {
 public:
  /// Creates an object without a session, as one that was moved from.
  ///
  /// Every call returns `Error::no_connection`.
  Session() noexcept = default;

  /// Starts to connect to `url`, in the next turn of the event loop.
  ///
  /// With `Start::later`, it waits for `retry_now` or `reconnect` instead.
  ///
  /// If the browser reports that there is no network, the session waits for it first.
  ///
  /// A bad URL is reported by `on_error` and `on_close`, and stops the session if no other endpoint
  /// is valid. `WebSocket::open` and `connect` return that error, but a session can't: the URL may
  /// come from `on_endpoint_request` later.
  explicit Session(std::string_view url, SessionOptions options = {}, SessionHandlers handlers = {});

  /// Starts to connect to the endpoints, one after the other.
  ///
  /// Each attempt uses the next endpoint, and the first one again after the last. An invalid one
  /// counts as a failed attempt. The session stops only if all are invalid. Otherwise as above.
  explicit Session(std::vector<Endpoint> endpoints, SessionOptions options = {}, SessionHandlers handlers = {});

  /// Takes over the session with its handlers, which from then on get the new object.
  ///
  /// A session that is assigned to is destroyed last, because its handlers may own this object.
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Closes the connection without a code, and discards the outbox.
  ///
  /// Coroutines that wait resume later, with `Error::destroyed`.
  ~Session();

  /// Sets the handler to call for each new connection.
  ///
  /// Messages that it sends with `send_now` are sent before the queued ones: for example a login.
  void on_open(HandlerOf<Session, void()> handler);

  /// Sets the handler to call for each message. The message is valid until the handler returns.
  ///
  /// The handler first gets the messages from the inbox, in order and from the event loop. Without
  /// a handler, or with an empty one, messages go to the inbox, for `receive`. Set
  /// `hawser::discard` if you read no messages.
  void on_message(HandlerOf<Session, void(const Message&)> handler);

  /// Sets the handler to call when a connection or an attempt has failed, right before `on_close`.
  void on_error(HandlerOf<Session, void(Error)> handler);

  /// Sets the handler to call when a connection or an attempt has ended.
  ///
  /// It is called once for each, after `decide_reconnect` and before the `on_status` for the next
  /// state. The session may reconnect after that: `on_status` reports `stopped` if it does not.
  ///
  /// It is not called if `close` ends a wait, or if `reconnect` replaces an attempt by another one.
  void on_close(HandlerOf<Session, void(const CloseEvent&)> handler);

  /// Sets the handler to call when the state has changed, once for each change.
  void on_status(HandlerOf<Session, void(const SessionStatus&)> handler);

  /// Sets the handler to call for each kept message that is dropped.
  ///
  /// Messages are dropped to make room and by `close`. Messages with `Keep::no` are dropped when
  /// their connection is lost. A message that `send` drops at once is reported by its result only.
  void on_drop(HandlerOf<Session, void(const KeptMessage&)> handler);

  /// Sends text, bytes or a `Message` (see `Payload`), or queues it until the session is connected.
  ///
  /// Messages are sent in order. While the session is open, the outbox has no limits, unless it
  /// waits for acknowledgements or for `ready`.
  ///
  /// Errors: `invalid_utf8`; `outbox_full`, if the outbox refuses the message; `already_closed`,
  /// after `close` or once the session has stopped; `no_connection`, `wrong_thread`;
  /// `browser_exception`, if the browser can't send it at all. The message was neither sent nor
  /// kept then.
  std::expected<SendResult, Error> send(Payload payload, Keep keep = Keep::yes);

  /// Returns an object that sends over this session from any thread. See `Sender`.
  ///
  /// The first call creates the queue, with these options. Later calls return a sender of the same
  /// queue. On another thread it returns a sender that only returns `wrong_thread`.
  Sender sender(const SenderOptions& options = {});

  /// Sends on the current connection, before all queued messages. For use in `on_open`.
  ///
  /// Use it for what must come first on each connection, such as a login. The message is never
  /// queued.
  ///
  /// Errors: those of `WebSocket::send`. `no_connection` also means that the session has none now,
  /// for example while it waits for the next attempt.
  std::expected<void, Error> send_now(Payload payload);

  /// Opens the gate of the current connection, so that queued messages are sent.
  ///
  /// Does nothing if it is open already. Each connection has its own gate (see
  /// `SessionOptions::gate`).
  ///
  /// Errors: `still_connecting`, unless the session is open and `on_open` has been called;
  /// `no_connection`, `wrong_thread`.
  std::expected<void, Error> ready();

  /// Waits for the next message, across reconnects, if there is no `on_message` handler.
  ///
  /// Errors: those of `Connection::receive`. The session has ended, with `ReceiveError::end`, only
  /// when it has stopped and the inbox is empty.
  Receive receive();
  detail::Limited<Receive> receive(WaitOptions options);

  /// Returns the next message if one has arrived. For loops that run every frame: it never waits.
  ///
  /// Errors: those of `Connection::try_receive`.
  std::expected<OwnedMessage, ReceiveError> try_receive();

  /// Stops the session: closes the connection, or cancels the attempt or the wait for one.
  ///
  /// An open connection first sends the queued messages, unless it waits for `ready`. Other
  /// messages in the outbox are dropped. The session has stopped when `on_status` reports it.
  ///
  /// Errors: those of `WebSocket::close` for the code and the reason; `already_closing` for a
  /// second call; `already_closed` if the session has stopped; `no_connection`, `wrong_thread`. The
  /// session is unchanged then.
  std::expected<void, Error> close(int code = close_code::normal_closure, std::string_view reason = {});

  /// Connects now instead of waiting. Starts a session that is idle, and restarts one that stopped.
  ///
  /// The attempt follows in the next turn of the event loop, even if the browser reports that there
  /// is no network, or the page is hidden. A restart resets the backoff, `max_attempts` and
  /// `give_up_after`, and so does an attempt instead of waiting for a visible page. While the
  /// session connects or is open, it only starts `SessionOptions::hidden_grace` again. Does nothing
  /// while it closes, unless that is because the page is hidden: then it reconnects after that.
  void retry_now();

  /// Replaces the connection by a new one, in any state, even after `close`.
  ///
  /// Closes the connection with this code and reason, or cancels the attempt. Then it reconnects at
  /// once, with a reset backoff. `decide_reconnect` is not called.
  ///
  /// Errors: those of `WebSocket::close` for the code and the reason; `no_connection`,
  /// `wrong_thread`. The session is unchanged then.
  std::expected<void, Error> reconnect(int code = close_code::normal_closure, std::string_view reason = {});

  /// The queued messages, and their acknowledgement.
  SessionOutbox outbox() const noexcept { return SessionOutbox(core_.get()); }

  /// The current state, with details. `SessionStatus::retry_in` counts from now.
  SessionStatus status() const;

  /// Statistics since the session was created.
  SessionCounters counters() const;

  /// The state as one of the four states of a WebSocket.
  ///
  /// It is `connecting` while the session waits to reconnect, as in an `EventSource`
  /// (https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate).
  /// It is `closed` while the session is idle or has stopped.
  ReadyState ready_state() const noexcept;

  /// The number of messages in the inbox.
  std::size_t inbox_size() const noexcept;

  /// The size of the messages in the inbox, in bytes of payload.
  std::size_t inbox_bytes() const noexcept;

  /// The `WebSocket::buffered_amount` of the current connection, in bytes. 0 without one.
  std::uint64_t buffered_amount() const noexcept;

  /// The URL of the current connection or attempt, or of the last one.
  ///
  /// Before the first attempt, it is the unresolved URL of the first endpoint, or empty without
  /// endpoints.
  std::string url() const;

  /// The subprotocol that the server selected on the current connection. Empty if it selected none.
  ///
  /// After the end of a connection, it is still that of the last one, until the next attempt
  /// starts.
  std::string protocol() const;

  /// The extensions that the server selected on the current connection. Otherwise as `protocol`.
  std::string extensions() const;

 private:
  /// Makes handlers refer to this object.
  void own() noexcept;

  friend class detail::FarSession;
  friend detail::SessionCore* detail::core_of(Session& session) noexcept;

  std::shared_ptr<detail::SessionCore> core_;
};

}  // namespace hawser
