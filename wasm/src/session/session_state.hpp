#pragma once

#include <hawser/error.hpp>
#include <hawser/reconnect.hpp>
#include <hawser/session.hpp>

#include <chrono>
#include <cstdint>
#include <variant>

// The states of a session, one type each, drawn in docs/architecture.md. A session has one timer, and each state says
// what it is for. Moments are milliseconds of `now()`.

namespace hawser::detail::state {

using Milliseconds = std::chrono::milliseconds;

/// What follows the end of a connection.
enum class Next : std::uint8_t {
  decide,   ///< A retry or a stop, as `decide` and the app say.
  stop,     ///< The app has called `close`.
  restart,  ///< The app has called `reconnect`.
  hide,     ///< A wait for the page: it has been hidden for too long.
};

/// Not started. No timer.
struct Idle {
  static constexpr auto shown = SessionState::idle;
};

/// An attempt is about to begin: the timer begins it, in the next turn of the event loop.
struct Starting {
  static constexpr auto shown = SessionState::connecting;
};

/// The app was asked for an endpoint. The timer ends the attempt if no answer comes.
struct Requesting {
  static constexpr auto shown = SessionState::connecting;
  std::uint64_t number;  ///< Of the request: an answer to an earlier one has no effect.
};

/// A socket is connecting. No timer: the socket has its own deadline.
struct Connecting {
  static constexpr auto shown = SessionState::connecting;
};

/// A connection is open.
struct Open {
  enum class Stage : std::uint8_t {
    opened,    ///< on_open is about to be called. The timer calls it, if a handler before it throws.
    greeting,  ///< on_open is running. The timer continues after it, if it throws.
    gated,     ///< The app has yet to call `ready`. The timer ends the connection if it does not.
    flowing,   ///< Messages leave the outbox. No timer: the heartbeat has its own.
  };

  static constexpr auto shown = SessionState::open;
  Milliseconds since;
  Stage stage = Stage::opened;
};

/// The app is closing the connection, or the session is, in a hidden page. No timer: the socket has its own deadline.
struct Closing {
  static constexpr auto shown = SessionState::open;
  Milliseconds since;  ///< When it opened.
  Next next;
};

/// An end that happened inside a call. The timer reports it, from the event loop.
struct Ending {
  SessionState shown;  ///< The same as before the call.
  Error error;
  Next next;
};

/// Something has ended, and what follows is being decided. The timer uses hawser's own decision, if the app's handler
/// throws.
struct Deciding {
  static constexpr auto shown = SessionState::connecting;
  Milliseconds uptime;  ///< Of the connection; zero if it never opened.
  Decision own;
  Next next;
};

/// Until the next attempt, which the timer begins.
struct Waiting {
  static constexpr auto shown = SessionState::waiting;
  Milliseconds since;
  Milliseconds due;
  Milliseconds earliest;  ///< When the peer or the app allows an attempt: `due` without the backoff.
};

/// Until the network is back. The timer never fires in practice: it keeps the program alive, as other waits do.
struct Offline {
  static constexpr auto shown = SessionState::waiting;
  Milliseconds since;
  Milliseconds earliest;
};

/// Until the page is visible. The timer has nothing to do: it keeps the program alive, as other waits do.
struct Hidden {
  static constexpr auto shown = SessionState::waiting;
  Milliseconds earliest;  ///< As in Waiting.
};

/// No more attempts. No timer.
struct Stopped {
  static constexpr auto shown = SessionState::stopped;
  StopReason why;
};

using State = std::variant<Idle, Starting, Requesting, Connecting, Open, Closing, Ending, Deciding, Waiting, Offline,
                           Hidden, Stopped>;

}  // namespace hawser::detail::state
