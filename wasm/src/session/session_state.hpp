#pragma once

#include <hawser/error.hpp>
#include <hawser/reconnect.hpp>
#include <hawser/session.hpp>

#include <chrono>
#include <cstdint>
#include <variant>

// The states of a session, one type each. docs/architecture.md has the diagram. A session has one
// timer, and each state says what the timer is for. Times are milliseconds of `now()`.

namespace hawser::detail::state {

using Milliseconds = std::chrono::milliseconds;

/// What happens after the end of a connection.
enum class Next : std::uint8_t {
  decide,   ///< A retry or a stop, as decided by `decide` and the app.
  stop,     ///< The app has called `close`.
  restart,  ///< The app has called `reconnect`.
  hide,     ///< A wait for the page: it has been hidden for too long.
};

/// Not started. No timer.
struct Idle {
  static constexpr auto shown = SessionState::idle;
};

/// An attempt is about to start. The timer starts it, in the next turn of the event loop.
struct Starting {
  static constexpr auto shown = SessionState::connecting;
};

/// The app was asked for an endpoint. The timer ends the attempt if the app does not answer.
struct Requesting {
  static constexpr auto shown = SessionState::connecting;
  std::uint64_t number;  ///< The number of the request: answers to earlier ones have no effect.
};

/// A socket is connecting. No timer: the socket has its own deadline.
struct Connecting {
  static constexpr auto shown = SessionState::connecting;
};

/// A connection is open.
struct Open {
  enum class Stage : std::uint8_t {
    opened,  ///< on_open is about to be called. The timer calls it, if a handler before it throws.
    greeting,  ///< on_open is running. The timer continues after it, if it throws.
    gated,     ///< The app has yet to call `ready`. The timer ends the connection if it does not.
    flowing,   ///< Messages leave the outbox. No timer: the heartbeat has its own.
  };

  static constexpr auto shown = SessionState::open;
  Milliseconds since;
  Stage stage = Stage::opened;
};

/// The app is closing the connection, or the session is, in a hidden page. No timer: the socket has
/// its own deadline.
struct Closing {
  static constexpr auto shown = SessionState::open;
  Milliseconds since;  ///< When the connection opened.
  Next next;
};

/// An end happened inside a call. The timer reports it, from the event loop.
struct Ending {
  SessionState shown;  ///< The same as before the call.
  Error error;
  Next next;
};

/// A connection or an attempt has ended, and the next step is being decided. If the app's handler
/// throws, the timer applies hawser's own decision.
struct Deciding {
  static constexpr auto shown = SessionState::connecting;
  Milliseconds uptime;  ///< The uptime of the connection. Zero if it never opened.
  Decision own;
  Next next;
};

/// Waiting for the next attempt, which the timer starts.
struct Waiting {
  static constexpr auto shown = SessionState::waiting;
  Milliseconds since;
  Milliseconds due;
  Milliseconds
      earliest;  ///< The earliest time that the peer or the app allows: `due` without the backoff.
};

/// Waiting for the network. In practice, the timer never fires: it keeps the program alive, as
/// other waits do.
struct Offline {
  static constexpr auto shown = SessionState::waiting;
  Milliseconds since;
  Milliseconds earliest;
};

/// Waiting for the page to be visible. The timer has no task: it keeps the program alive, as other
/// waits do.
struct Hidden {
  static constexpr auto shown = SessionState::waiting;
  Milliseconds earliest;  ///< As in Waiting.
};

/// No more attempts. No timer.
struct Stopped {
  static constexpr auto shown = SessionState::stopped;
  StopReason why;
};

using State = std::variant<Idle, Starting, Requesting, Connecting, Open, Closing, Ending, Deciding,
                           Waiting, Offline, Hidden, Stopped>;

}  // namespace hawser::detail::state
