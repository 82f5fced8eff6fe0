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

// One logical connection over as many sockets as it takes.
//
//     hawser::Session session("wss://example.org/feed", {.heartbeat = {.ping = "ping"}}, {
//         .on_open = [](hawser::Session& session) { session.send_now(token()); },
//         .on_message = [](const hawser::Message& message) { show(message.text()); },
//         .on_status = [](const hawser::SessionStatus& status) { show_status(status); },
//     });
//     session.send("subscribe");  // goes out once there is a connection

namespace hawser {

/// Where to connect to.
struct Endpoint {
  std::string url;
  std::vector<std::string> protocols = {};
};

class Session;

namespace detail {

class SessionCore;

/// As `Session::close`, with a Close frame that has no code, as the browser's `close()` sends it.
std::expected<void, Error> close_without_code(Session& session);

}  // namespace detail

/// A request for the endpoint of the next attempt. The session waits for the answer until
/// `SessionOptions::endpoint_timeout`. If the request is destroyed without an answer, or answered too late, the attempt
/// has failed.
class EndpointRequest {
 public:
  EndpointRequest(EndpointRequest&&) noexcept = default;
  EndpointRequest& operator=(EndpointRequest&& other) noexcept;
  ~EndpointRequest();

  /// Answers, now or later. Only the first answer counts.
  void connect_to(const Endpoint& endpoint);

  /// There is no answer: the attempt has failed.
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
  later,  ///< With `retry_now` or `reconnect`; until then it is idle, and keeps what is sent.
  now,    ///< In the next turn of the event loop.
};

/// The identifier of the value, NUL-terminated. "unknown" for a number that is no value.
constexpr const char* name(Start start) noexcept {
  switch (start) {
    case Start::later: return "later";
    case Start::now: return "now";
  }
  return "unknown";
}

/// Whether the outbox waits for the app on each new connection.
enum class Gate : std::uint8_t {
  closed,  ///< Until `Session::ready`.
  open,    ///< It goes out when `on_open` has returned.
};

/// Limits of the inbox, where messages go that no handler takes. Until the first `receive` they never end the session:
/// messages are dropped and counted instead, the oldest first.
struct InboxOptions {
  /// Bytes of payload that may wait. One message always may.
  std::size_t max_inbox_bytes = 16 << 20;
  std::size_t max_inbox_messages = 65'536;
  WhenInboxFull when_inbox_full = WhenInboxFull::close;
};

/// What a session does by itself. They can be copied, and serve several sessions.
struct SessionOptions {
  Start start = Start::now;

  /// With `Gate::closed`, nothing leaves the outbox on a connection until the app has called `Session::ready`: for a
  /// login that takes its time. What `send_now` is given goes at once. A connection for which `ready` is not called
  /// within `ready_timeout` after it opened ends with `Error::connection_timed_out`.
  Gate gate = Gate::open;

  /// When to connect again, and when not any more.
  ReconnectOptions reconnect = {};

  /// Until when a connection must be open, counted from its attempt, and closed: as in `Options`.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds drain_timeout = std::chrono::minutes(1);

  /// As in `Options`. A larger message ends the connection, and the session stops with `StopReason::message_refused`,
  /// unless `decide_reconnect` decides otherwise.
  std::size_t max_message_size = 64 << 20;

  /// How long `SessionHandlers::on_endpoint_request` may take to answer.
  std::chrono::milliseconds endpoint_timeout = std::chrono::seconds(10);

  /// How long a closed gate waits for `Session::ready`.
  std::chrono::milliseconds ready_timeout = std::chrono::seconds(10);

  /// When a silent peer is asked whether it is still there, and by which message.
  HeartbeatOptions heartbeat = {};

  /// What becomes of messages that are sent while there is no connection.
  OutboxOptions outbox = {};

  /// How many received messages may wait for `receive`.
  InboxOptions inbox = {};

  /// For a sequence of random numbers that is the same each time: for tests. Empty: one of its own for each session.
  std::optional<std::uint64_t> seed = std::nullopt;
};

enum class SessionState : std::uint8_t {
  idle,        ///< Not started (`Start::later`), or moved from.
  connecting,  ///< An attempt is made; or, before that, its endpoint is asked for.
  open,        ///< There is a connection.
  waiting,     ///< For the time of the next attempt, or for the network.
  stopped,     ///< There are no more attempts.
};

/// The identifier of the value, NUL-terminated. "unknown" for a number that is no value.
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

/// What a person can be shown.
struct SessionStatus {
  SessionState state = SessionState::idle;

  /// The number of the attempt that is made or waited for; 1 for the first after a connection, and 0 while open.
  std::uint32_t attempt = 0;

  /// While waiting: until the next attempt, from now.
  std::chrono::milliseconds retry_in{0};

  /// While waiting: whether it waits for the network, and not for a time.
  bool is_offline = false;

  /// Why there are no more attempts, where it has stopped.
  StopReason why = StopReason::none;

  /// How the last connection, or attempt at one, ended; empty before the first end.
  std::optional<CloseEvent> end = std::nullopt;
};

/// Since the session began.
struct SessionCounters {
  std::uint64_t messages_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t attempts = 0;
  std::uint64_t connections = 0;
  std::uint64_t messages_dropped = 0;  ///< By the outbox.
  std::uint64_t inbox_dropped = 0;  ///< By the inbox: with `WhenInboxFull::drop_oldest`, or before the first `receive`.
  std::chrono::milliseconds uptime{0};  ///< All connections together, the present one included.
  std::optional<std::chrono::milliseconds> round_trip = std::nullopt;  ///< Of the last ping that was answered.
  std::optional<Error> last_error = std::nullopt;
};

/// What became of a message that was sent.
struct SendResult {
  Delivery delivery = Delivery::dropped;

  /// With acknowledgement: what `acknowledge` is to be given. 0 where it was not kept.
  std::uint64_t id = 0;
};

/// The outbox of a session, as `Session::outbox` returns it: what was sent, and has not left the program's hands. Use it
/// at once: it is a view, which ends when its session is destroyed. Without a session, and on another thread, it is
/// empty.
class SessionOutbox {
 public:
  /// Messages that wait for a connection or, with acknowledgement, were not acknowledged.
  std::size_t size() const noexcept;

  /// The bytes of their payloads.
  std::size_t bytes() const noexcept;

  /// The id that the next message gets if it is kept, to be written into it.
  std::uint64_t next_id() const noexcept;

  /// The peer has the message with this id, and all before it. Returns how many left the outbox.
  std::size_t acknowledge(std::uint64_t id);

  /// The peer has the message with this id, and maybe not those before it. Returns how many left the outbox: 0 or 1.
  std::size_t acknowledge_one(std::uint64_t id);

 private:
  friend class Session;
  explicit SessionOutbox(detail::SessionCore* core) noexcept : core_(core) {}

  detail::SessionCore* core_;
};

/// The handler of a session that only sends: it drops each message.
inline constexpr auto discard = [](const Message&) {};

/// The handlers of a `Session`, to be given to its constructor. Each takes the arguments that it names, or the session
/// and then those (see `HandlerOf`).
struct SessionHandlers {
  /// As the functions of `Session` of the same names, which can set them later.
  HandlerOf<Session, void()> on_open = {};
  HandlerOf<Session, void(const Message&)> on_message = {};
  HandlerOf<Session, void(Error)> on_error = {};
  HandlerOf<Session, void(const CloseEvent&)> on_close = {};
  HandlerOf<Session, void(const SessionStatus&)> on_status = {};
  HandlerOf<Session, void(const KeptMessage&)> on_drop = {};

  /// Called before each attempt, instead of using the session's endpoints: for a URL with a fresh token, say.
  HandlerOf<Session, void(EndpointRequest)> on_endpoint_request = {};

  /// Decides whether to reconnect after a connection, or an attempt, has ended. It is given hawser's own decision (see
  /// `decide`), and returns that or another. If it throws, hawser's own holds.
  HandlerOf<Session, Decision(const CloseEvent& end, Decision decision)> decide_reconnect = {};

  /// Returns the message to send as a ping, instead of `heartbeat.ping`: one with a number in it, say. If it throws,
  /// `heartbeat.ping` is sent; while that is empty, nothing is, and silence proves nothing.
  HandlerOf<Session, Ping()> make_ping = {};

  /// Whether a message answers a ping. Such a message goes to no handler, and gives the round-trip time. Without this,
  /// any message is a sign of life, none is held back, and the round-trip time is not known. A message for which it
  /// throws is a sign of life too, and goes to no handler.
  HandlerOf<Session, bool(const Message& message)> is_pong = {};
};

/// A connection that is made again whenever it is lost. Move-only; it belongs to the thread that made it, as a
/// `WebSocket` does.
///
/// * No call runs a handler: handlers run later, from the event loop.
/// * After the destructor no handler runs.
/// * A handler may do anything: send, close, move or destroy this very session.
class [[nodiscard]] Session {
 public:
  /// Stands for no session: every call answers `Error::no_connection`.
  Session() noexcept = default;

  /// Begins to connect, to the endpoints in turn, from the next turn of the event loop on. Where the browser says that
  /// there is no network, it waits for that first.
  ///
  /// A bad URL ends its attempt by `on_error` and `on_close`, and stops the session if no other endpoint is valid.
  /// `WebSocket::open` and `connect` return that error; a session cannot, since `on_endpoint_request` may bring the URL later.
  explicit Session(std::string_view url, SessionOptions options = {}, SessionHandlers handlers = {});
  explicit Session(std::vector<Endpoint> endpoints, SessionOptions options = {}, SessionHandlers handlers = {});

  /// Moving takes the connection and its handlers along, which are given the new object from then on.
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Closes the connection without a code. What is in the outbox is lost.
  ~Session();

  /// There is a connection. What `send_now` is given here comes before what waits in the outbox.
  void on_open(HandlerOf<Session, void()> handler);

  /// Called for each message, which lives until the handler returns. Set late, it first gets what is in the inbox, from
  /// the event loop and in order.
  ///
  /// Without a handler, or with an empty one, messages go to the inbox, for `receive`. A program that reads none sets
  /// `hawser::discard`.
  void on_message(HandlerOf<Session, void(const Message&)> handler);

  /// A connection, or an attempt at one, has failed; its `on_close` follows.
  void on_error(HandlerOf<Session, void(Error)> handler);

  /// A connection, or an attempt at one, has ended: once for each, after `decide_reconnect`, and before the `on_status`
  /// for the state that follows. The session may go on: `on_status` reports `stopped` if not. Nothing has ended, and none
  /// is called, where `close` ends a wait, and where `reconnect` makes an attempt in the place of another.
  void on_close(HandlerOf<Session, void(const CloseEvent&)> handler);

  /// The state has changed; once for each change.
  void on_status(HandlerOf<Session, void(const SessionStatus&)> handler);

  /// A message that was kept has been dropped, to make room, or because `close` was called; or one with `Keep::no`
  /// when its connection was lost.
  void on_drop(HandlerOf<Session, void(const KeptMessage&)> handler);

  /// Sends text, bytes or a `Message` (see `Payload`) now, or keeps it until there is a connection. In order. While the session is open the outbox has
  /// no limits, unless it waits for acknowledgements or for `ready`. Errors: `invalid_utf8`, `outbox_full`
  /// where it refuses, `already_closed` once it has stopped, `no_connection`, and `browser_exception` where the browser
  /// can't send it at all; it was not kept then.
  std::expected<SendResult, Error> send(Payload payload, Keep keep = Keep::yes);

  /// Sends on this connection, before all that is in the outbox: what a connection begins with, an authentication say.
  /// For `on_open`. Errors: those of `WebSocket::send`.
  std::expected<void, Error> send_now(Payload payload);

  /// With `Gate::closed`: from now on this connection is given what is in the outbox, and what is sent. Does nothing
  /// where it is ready already. Errors: `still_connecting` before `on_open`, `no_connection`.
  std::expected<void, Error> ready();

  /// The next message, as `Connection::receive` gives it, over as many connections as it takes; `end` once the session
  /// has stopped.
  Receive receive();
  Receive receive(WaitOptions options);

  /// The next message if it is there already, as `Connection::try_receive`: for a loop that runs once per frame.
  std::expected<OwnedMessage, ReceiveError> try_receive();

  /// Stops: closes the connection, or gives up the attempt, and makes no more. An open connection is given first what
  /// `send` took, unless it waits for `ready`. Errors: those of `WebSocket::close` for
  /// the code and the reason; `already_closed` where it has stopped.
  std::expected<void, Error> close(int code = close_code::normal_closure, std::string_view reason = {});

  /// Tries now, and not when the time has come; begins where it is idle, and anew where it had stopped. Does nothing
  /// while it connects or is open.
  void retry_now();

  /// Connects anew whatever the state, also after `close`: ends the connection, with this code and reason, or gives up
  /// the attempt, and makes the next attempt at once, with a backoff that begins anew. Errors: those of
  /// `WebSocket::close` for the code and the reason, and `no_connection`; nothing has changed then.
  std::expected<void, Error> reconnect(int code = close_code::normal_closure, std::string_view reason = {});

  /// The messages that wait, and their acknowledgement.
  SessionOutbox outbox() const noexcept { return SessionOutbox(core_.get()); }

  SessionStatus status() const;
  SessionCounters counters() const;

  /// The same as one of the four states of a WebSocket: `connecting` also while it waits, as an EventSource has it
  /// (HTML §9.2); `closed` where it is idle or has stopped.
  ReadyState ready_state() const noexcept;

  /// The messages that wait in the inbox, and the bytes of their payloads.
  std::size_t inbox_size() const noexcept;
  std::size_t inbox_bytes() const noexcept;

  /// Of the present connection; 0 without one.
  std::uint64_t buffered_amount() const noexcept;

  /// Of the present connection or attempt; without one, of the last. Before the first attempt, that of the first
  /// endpoint as it was given, and empty with `on_endpoint_request`.
  std::string url() const;

  /// Of the present connection; without one, of the last. Empty before the first.
  std::string protocol() const;
  std::string extensions() const;

 private:
  /// Has the handlers be given this object.
  void own() noexcept;

  friend std::expected<void, Error> detail::close_without_code(Session& session);

  std::shared_ptr<detail::SessionCore> core_;
};

}  // namespace hawser
