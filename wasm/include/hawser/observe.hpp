#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/message.hpp>
#include <hawser/reconnect.hpp>
#include <hawser/session.hpp>

namespace hawser {

/// What happened.
enum class ObservationType : std::uint8_t {
  opening,  ///< A socket starts to connect: `url`, `protocols`.
  open,     ///< The handshake succeeded: `protocol`, `extensions`.
  sent,  ///< A message was handed to the browser: `message_type`, `size`, `data`, `buffered_amount`.
  received,  ///< A message arrived: `message_type`, `size`, `data`.
  error,     ///< A connection failed, or a message was refused (`is_refusal`): `error`.
  close,     ///< A socket has ended (once per socket): `code`, `reason`, `was_clean`, `error`.
  state,     ///< A session changed its state: `state`, `attempt`, `is_offline`, `is_hidden`, `why`.
  retry,     ///< A session waits before the next attempt: `delay`, `attempt`.
  drop,      ///< A message was dropped: `dropped_from`, `message_type`, `size`, `data`.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(ObservationType type) noexcept {
  switch (type) {
    case ObservationType::opening: return "opening";
    case ObservationType::open: return "open";
    case ObservationType::sent: return "sent";
    case ObservationType::received: return "received";
    case ObservationType::error: return "error";
    case ObservationType::close: return "close";
    case ObservationType::state: return "state";
    case ObservationType::retry: return "retry";
    case ObservationType::drop: return "drop";
  }
  return "unknown";
}

/// Where a message was dropped.
enum class DroppedFrom : std::uint8_t {
  inbox,   ///< Received, but not read in time.
  outbox,  ///< Never sent.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(DroppedFrom queue) noexcept {
  switch (queue) {
    case DroppedFrom::inbox: return "inbox";
    case DroppedFrom::outbox: return "outbox";
  }
  return "unknown";
}

/// Something that happened to a socket or a session. `ObservationType` lists the fields that are
/// set.
///
/// Its views are valid until the handler returns. Copy what you want to keep.
struct Observation {
  ObservationType type = ObservationType::opening;  ///< What happened.

  /// When it happened, in milliseconds of a clock that never goes back. In browsers and Node it is
  /// `performance.now()`.
  double time = 0;

  /// The socket, counted from 1 on each thread. 0 for an event of a session without a socket.
  std::uint64_t socket = 0;

  /// The session that the socket belongs to, counted from 1 on each thread. 0 if there is none.
  std::uint64_t session = 0;

  std::string_view url = {};         ///< As passed by the application. May contain secrets.
  std::string_view protocols = {};   ///< The offered subprotocols, separated by ", ".
  std::string_view protocol = {};    ///< The subprotocol that the server selected.
  std::string_view extensions = {};  ///< The extensions that the server selected.

  MessageType message_type = MessageType::text;  ///< Text or binary.
  bool is_value = false;  ///< The message was a JavaScript value: its type and size are unknown.
  std::size_t size = 0;   ///< The size of the message, in bytes.

  /// The beginning of the message, up to `ObserveOptions::max_data_bytes`.
  std::span<const std::byte> data = {};

  std::uint64_t buffered_amount = 0;  ///< `WebSocket::buffered_amount`, right after the call.

  std::optional<Error> error =
      std::nullopt;         ///< For `close`: as in `CloseEvent`, or `destroyed` by its owner.
  bool is_refusal = false;  ///< A call to send returned this error.

  std::uint16_t code = 0;        ///< The close code.
  std::string_view reason = {};  ///< The close reason.
  bool was_clean = false;        ///< Whether both peers sent a Close frame.

  SessionState state = SessionState::idle;  ///< The new state of the session.
  std::uint32_t attempt = 0;                ///< As in `SessionStatus`.
  bool is_offline = false;                  ///< The session waits for the network.
  bool is_hidden = false;                   ///< The session waits for the page to be visible.
  StopReason why = StopReason::none;        ///< Why the session has stopped.
  std::chrono::milliseconds delay{0};       ///< The time until the next attempt.

  DroppedFrom dropped_from = DroppedFrom::inbox;  ///< The queue that dropped the message.
};

/// Options of `observe`.
struct ObserveOptions {
  /// How many bytes of each message the handler gets as `Observation::data`. They are copied.
  std::size_t max_data_bytes = 0;

  /// Whether to read the buffered amount after each send, which costs a call into the browser.
  bool with_buffered_amount = true;
};

namespace detail {
struct ObserverCore;
}  // namespace detail

/// Calls a handler for each observation, until it is destroyed. See `observe`.
///
/// It is move-only, and belongs to the thread that created it. Any thread may move or destroy it.
class [[nodiscard]] Observer {
 public:
  /// Creates an object that observes nothing.
  Observer() noexcept = default;
  Observer(Observer&&) noexcept = default;
  Observer& operator=(Observer&&) noexcept = default;
  ~Observer() = default;

  /// Delivers everything observed so far to the handlers of this thread, without waiting for the
  /// end of the event. Exceptions of handlers are reported, and don't leave this call. Does nothing
  /// on another thread.
  void flush();

 private:
  friend Observer observe(Handler<void(const Observation&)> handler, const ObserveOptions& options);

  struct Release {
    void operator()(detail::ObserverCore* core) const noexcept;
  };

  std::unique_ptr<detail::ObserverCore, Release> core_;
};

/// Reports everything that happens to the calling thread's sockets and sessions, from now on.
///
///     auto observer = hawser::observe([](const hawser::Observation& seen) {
///       log(name(seen.type), static_cast<int>(seen.socket), std::string(seen.url));
///     });
///
/// Observing does not change how the program behaves. The handler runs after the handlers of the
/// event, or in the next turn of the event loop, in the order of events. It may do anything. If it
/// throws, the exception is reported as for other handlers. Messages that it sends are not
/// reported, so it can't trigger itself forever.
///
/// You may have several observers. They also observe sockets that are already open, but miss the
/// earlier events of those. Pings and pongs of a session are ordinary messages. Protocol frames are
/// not visible to programs in a browser.
///
/// Programs that don't call this do no work for it, and optimised ones stay within a few bytes of
/// their size. In other programs, messages sent in one turn of the event loop are recorded until
/// its end.
Observer observe(Handler<void(const Observation&)> handler, const ObserveOptions& options = {});

}  // namespace hawser
