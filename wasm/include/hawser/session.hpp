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
/// the answer comes later, or if the request is destroyed without one.
///
/// It is move-only and may outlive its session. It belongs to the same thread as the session.
class EndpointRequest {
 public:
  /// Takes over the request. Assigning to an unanswered request fails its attempt.
  EndpointRequest(EndpointRequest&&) noexcept = default;
  EndpointRequest& operator=(EndpointRequest&& other) noexcept;

  /// Fails the attempt if the request was not answered.
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
  keep,   ///< It stays connected, and reconnects as usual.
  close,  ///< It closes its connection, and reconnects when the page is visible again.
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
/// Before the first `receive`, a full inbox never ends the session. Instead, the oldest messages
/// are dropped and counted.
struct InboxOptions {
  /// The capacity in bytes of payload. There is always room for one message, whatever its size.
  std::size_t max_inbox_bytes = 16 << 20;

  /// The capacity in messages.
  std::size_t max_inbox_messages = 65'536;

  /// What happens when the inbox is full, after the first `receive`.
  WhenInboxFull when_inbox_full = WhenInboxFull::close;
};

/// The options of a `Session`. You can copy them and use them for several sessions.
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
  /// With `SessionHandlers::on_endpoint_request`, it is counted from the answer.
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

  /// When to ping a peer that has stopped sending, and how. By default, no pings are sent.
  HeartbeatOptions heartbeat = {};

  /// How to queue messages while there is no connection.
  OutboxOptions outbox = {};

  /// How many received messages to hold for `receive`.
  InboxOptions inbox = {};

  /// Whether the session stays connected while the page is hidden.
  ///
  /// With `WhenHidden::close`, the session closes its connection with code 1000 once the page has
  /// been hidden for `hidden_grace`, and makes no further attempt. When the page is visible again,
  /// it reconnects at once. Meanwhile, messages wait in the outbox. See `SessionStatus::is_hidden`.
  ///
  /// It has no effect in Node, in workers, and therefore on any thread other than the browser's
  /// main thread: no event reports a hidden page there.
  WhenHidden when_hidden = WhenHidden::keep;

  /// How long the page must have been hidden for `WhenHidden::close` to apply. 0 or less means at
  /// once. `milliseconds::max()` means never.
  ///
  /// The time restarts when a connection opens, and when the app calls `retry_now` or `reconnect`.
  /// So an app can connect while the page is hidden. Browsers delay the timers of a hidden page by
  /// up to a minute, or stop them.
  std::chrono::milliseconds hidden_grace = std::chrono::minutes(1);

  /// The seed of the random delays, to make tests repeatable. By default, each session has its own.
  ///
  /// Never give all clients the same seed: they would all reconnect at the same moments.
  std::optional<std::uint64_t> seed = std::nullopt;
};

/// The state of a session.
enum class SessionState : std::uint8_t {
  idle,        ///< Not started (`Start::later`), or moved from.
  connecting,  ///< Waiting for an endpoint or for the connection to open.
  open,        ///< Connected, or closing a connection.
  waiting,     ///< Waiting for the next attempt to be due, for the network or for a visible page.
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
  /// After an end, it counts up from 1 until a connection has lasted for `min_uptime`.
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
  /// Messages handed to the browser, including repeats. Pings don't count.
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
/// Use it at once: it must not outlive its session. Without a session, or on another thread, it is
/// empty.
class SessionOutbox {
 public:
  /// The number of messages that are waiting for a connection or for their acknowledgement.
  std::size_t size() const noexcept;

  /// The size of those messages, in bytes of payload.
  std::size_t bytes() const noexcept;

  /// The id of the next message, if it is kept. With `Acknowledgement::by_app`, each message is
  /// kept, so you can write this id into it. Without, a message that is sent at once has the id 0,
  /// and `next_id` stays the same.
  std::uint64_t next_id() const noexcept;

  /// Removes the message with this id and all earlier ones, because the peer has received them.
  ///
  /// Returns how many messages it removed. An id that was never sent removes none.
  std::size_t acknowledge(std::uint64_t id);

  /// Removes only the message with this id, for a peer that acknowledges out of order.
  ///
  /// Returns how many messages it removed: 0 or 1.
  std::size_t acknowledge_one(std::uint64_t id);

  /// The messages in the outbox, oldest first, so that you can store them.
  ///
  /// Messages with `Keep::no` have the id 0. The view is valid until the next call on the session,
  /// and at most until the event loop runs.
  std::span<const KeptMessage> messages() const noexcept;

  /// Removes all messages and returns them, oldest first, so that you can store them or restore
  /// them in another session.
  ///
  /// They don't count as dropped, and `on_drop` is not called. Messages with `Keep::no` stay,
  /// because they belong to the current connection. With acknowledgement, a returned message may
  /// have reached the peer (see `KeptMessage::was_sent`). Call this before `close`, which drops all
  /// messages that are left.
  std::vector<KeptMessage> take_all();

  /// Puts messages in front of those in the outbox. If the session is open, they are sent now.
  ///
  /// The messages keep their ids, and the ids of later messages continue after the largest. Pass
  /// the `next_id` that you stored, so that ids of acknowledged messages are not reused.
  /// `restore({}, id)` only makes `id` the next id, if it is greater than the current one.
  ///
  /// It restores all messages and leaves `messages` empty, or returns an error and changes nothing.
  /// Errors: `id_conflict` if the ids don't increase, or are 0 or 2^51 and more, or if the outbox
  /// has a message with a smaller or equal id, or one that was sent; `outbox_full`, regardless of
  /// `when_outbox_full`; `invalid_utf8`; `out_of_memory` if a message has lost its payload;
  /// `already_closed` after `close`, or if the session has stopped; `no_connection`,
  /// `wrong_thread`.
  std::expected<void, Error> restore(std::vector<KeptMessage>&& messages,
                                     std::uint64_t next_id = 0);

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
/// Each handler takes the arguments that its type lists, optionally preceded by the session (see
/// `HandlerOf`).
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

  /// Provides the endpoint of each attempt: for example, a URL with a fresh token.
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
  /// hawser's own applies. It is not called after your own `close` or `reconnect`, or if the
  /// session closes the connection because the page is hidden.
  HandlerOf<Session, Decision(const CloseEvent& end, Decision decision)> decide_reconnect = {};

  /// Returns the message to send as a ping: for example, one with a number.
  ///
  /// It replaces `HeartbeatOptions::ping`, which is sent only if this handler throws. If that ping
  /// is empty, nothing is sent then, and no answer is expected. A returned ping is sent even if it
  /// is empty.
  HandlerOf<Session, Ping()> make_ping = {};

  /// Returns whether a message answers a ping.
  ///
  /// A message that answers a ping is not delivered, and sets `SessionCounters::round_trip`. If the
  /// handler throws, the message is not delivered either. Without this handler, all messages are
  /// delivered, and the round-trip time is unknown. In any case, every message shows that the peer
  /// is alive.
  HandlerOf<Session, bool(const Message& message)> is_pong = {};
};

/// A connection that reconnects when it is lost, and queues messages in the meantime.
///
/// * Handlers never run inside your calls. They run later, from the event loop.
/// * No handler runs after the destructor.
/// * A handler may send, close, or even move or destroy its own session. If it throws, the
///   exception is reported like one from an event listener, and the session keeps working.
///
/// A session is move-only. It belongs to the thread that created it: calls from other threads
/// return `Error::wrong_thread`, as for a `WebSocket`.
class [[nodiscard]] Session {
 public:
  /// Creates an object without a session, like a moved-from one.
  ///
  /// Every call returns `Error::no_connection`.
  Session() noexcept = default;

  /// Starts connecting to `url`, in the next turn of the event loop.
  ///
  /// With `Start::later`, it waits for `retry_now` or `reconnect` instead.
  ///
  /// If the browser reports no network, the session waits for it first.
  ///
  /// `on_error` and `on_close` report a bad URL. It stops the session if no other endpoint is
  /// valid. `WebSocket::open` and `connect` return that error. A session can't, because the URL may
  /// come from `on_endpoint_request` later.
  explicit Session(std::string_view url, SessionOptions options = {},
                   SessionHandlers handlers = {});

  /// Starts connecting to the endpoints, one after the other.
  ///
  /// Each attempt uses the next endpoint, and starts over after the last. An invalid one counts as
  /// a failed attempt. The session stops only if all are invalid. Everything else is as above.
  explicit Session(std::vector<Endpoint> endpoints, SessionOptions options = {},
                   SessionHandlers handlers = {});

  /// Takes over the session and its handlers. From then on, handlers get the new object.
  ///
  /// Assignment destroys the old session last, because its handlers may own this object.
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Closes the connection without a code, and discards the outbox.
  ///
  /// Waiting coroutines resume later, with `Error::destroyed`.
  ~Session();

  /// Sets the handler to call for each new connection.
  ///
  /// Messages that the handler sends with `send_now`, such as a login, go before the queued ones.
  void on_open(HandlerOf<Session, void()> handler);

  /// Sets the handler to call for each message. The message is valid until the handler returns.
  ///
  /// The handler first gets the messages in the inbox, in order and from the event loop. Without a
  /// handler, or with an empty one, messages go to the inbox, for `receive`. If you read no
  /// messages, set `hawser::discard`.
  void on_message(HandlerOf<Session, void(const Message&)> handler);

  /// Sets the handler to call when a connection or an attempt has failed, right before `on_close`.
  void on_error(HandlerOf<Session, void(Error)> handler);

  /// Sets the handler to call when a connection or an attempt has ended.
  ///
  /// It is called once for each, after `decide_reconnect` and before the `on_status` for the next
  /// state. The session may then reconnect. If it does not, `on_status` reports `stopped`.
  ///
  /// It is not called if `close` ends a wait, or if `reconnect` replaces an attempt with another.
  void on_close(HandlerOf<Session, void(const CloseEvent&)> handler);

  /// Sets the handler to call when the state has changed, once for each change.
  void on_status(HandlerOf<Session, void(const SessionStatus&)> handler);

  /// Sets the handler to call for each kept message that is dropped.
  ///
  /// Messages are dropped to make room, and by `close`. Messages with `Keep::no` are dropped when
  /// their connection is lost. If `send` drops a message at once, only its result reports that.
  void on_drop(HandlerOf<Session, void(const KeptMessage&)> handler);

  /// Sends text, bytes or a `Message` (see `Payload`), or queues it until the session is connected.
  ///
  /// Messages are sent in order. While the session is open, the outbox has no limits, unless it
  /// waits for acknowledgements or for `ready`.
  ///
  /// Errors: `invalid_utf8`; `outbox_full` if the outbox refuses the message; `already_closed`
  /// after `close` or once the session has stopped; `no_connection`, `wrong_thread`;
  /// `browser_exception` if the browser can't send it at all. After an error, the message was
  /// neither sent nor kept.
  std::expected<SendResult, Error> send(Payload payload, Keep keep = Keep::yes);

  /// Returns a `Sender`, which sends over this session from any thread.
  ///
  /// The first call creates the queue with these options. Later calls return a sender for the same
  /// queue. On another thread, it returns a sender whose `send` always returns `wrong_thread`.
  Sender sender(const SenderOptions& options = {});

  /// Sends on the current connection, before all queued messages.
  ///
  /// Use it in `on_open`, for a message that must come first on each connection, such as a login.
  /// The message is never queued.
  ///
  /// Errors: those of `WebSocket::send`. `no_connection` also means that the session has none now:
  /// for example, while it waits for the next attempt.
  std::expected<void, Error> send_now(Payload payload);

  /// Opens the gate of the current connection, so that queued messages are sent.
  ///
  /// Does nothing if the gate is already open. Each connection has its own gate (see
  /// `SessionOptions::gate`).
  ///
  /// Errors: `still_connecting` unless the session is open and `on_open` has been called;
  /// `no_connection`, `wrong_thread`.
  std::expected<void, Error> ready();

  /// Waits for the next message, across reconnects. For sessions without an `on_message` handler.
  ///
  /// Errors: those of `Connection::receive`. `ReceiveError::end` is set only once the session has
  /// stopped and the inbox is empty.
  Receive receive();
  detail::Limited<Receive> receive(WaitOptions options);

  /// Returns the next message if one has arrived. Never waits: for loops that run every frame.
  ///
  /// Errors: those of `Connection::try_receive`.
  std::expected<OwnedMessage, ReceiveError> try_receive();

  /// Stops the session: closes the connection, or cancels the attempt or the wait for one.
  ///
  /// An open connection first sends the queued messages, unless it waits for `ready`. Other
  /// messages in the outbox are dropped. The session has stopped when `on_status` reports it.
  ///
  /// Errors: those of `WebSocket::close` for the code and the reason; `already_closing` for a
  /// second call; `already_closed` if the session has stopped; `no_connection`, `wrong_thread`.
  /// After an error, the session is unchanged.
  std::expected<void, Error> close(int code = close_code::normal_closure,
                                   std::string_view reason = {});

  /// Connects now instead of waiting. Starts an idle session, and restarts a stopped one.
  ///
  /// The attempt starts in the next turn of the event loop, even if the browser reports no network
  /// or the page is hidden. Restarting a stopped session resets the backoff, `max_attempts` and
  /// `give_up_after`. So does an attempt that replaces the wait for a visible page.
  ///
  /// While the session is connecting or open, this only restarts the time of
  /// `SessionOptions::hidden_grace`. While it is closing because the page is hidden, this makes it
  /// reconnect afterwards. While it is closing for any other reason, this does nothing.
  void retry_now();

  /// Replaces the connection with a new one, in any state, even after `close`.
  ///
  /// Closes the connection with this code and reason, or cancels the attempt. Then reconnects at
  /// once, with a reset backoff. `decide_reconnect` is not called.
  ///
  /// Errors: those of `WebSocket::close` for the code and the reason; `no_connection`,
  /// `wrong_thread`. After an error, the session is unchanged.
  std::expected<void, Error> reconnect(int code = close_code::normal_closure,
                                       std::string_view reason = {});

  /// The queued messages, and their acknowledgement.
  SessionOutbox outbox() const noexcept { return SessionOutbox(core_.get()); }

  /// The current state, with details. `SessionStatus::retry_in` counts from now.
  SessionStatus status() const;

  /// Statistics since the session was created.
  SessionCounters counters() const;

  /// The state, as one of the four states of a WebSocket.
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
  /// After the end of a connection, it keeps the value of that connection until the next attempt
  /// starts.
  std::string protocol() const;

  /// The extensions that the server selected on the current connection. Otherwise like `protocol`.
  std::string extensions() const;

 private:
  /// Makes handlers refer to this object.
  void own() noexcept;

  friend class detail::FarSession;
  friend detail::SessionCore* detail::core_of(Session& session) noexcept;

  std::shared_ptr<detail::SessionCore> core_;
};

}  // namespace hawser
