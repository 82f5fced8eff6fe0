#pragma once

#include <hawser/close.hpp>
#include <hawser/error.hpp>
#include <hawser/session.hpp>

#include <variant>
#include <vector>

#include <hawser/detail/waiter.hpp>

#include "queue.hpp"

namespace hawser::detail {

/// Calls the handlers of a session later, from the event loop: never inside a call that the app makes.
class Notices : private Timer {
 public:
  /// The argument of on_status, on_close or on_error.
  using Notice = std::variant<SessionStatus, CloseEvent, Error>;

  explicit Notices(SessionCore& session) noexcept
      : Timer([](Timer& timer) { static_cast<Notices&>(timer).deliver(); }), session_(session) {}

  void add(Notice notice);
  void add_dropped(std::vector<KeptMessage> messages);

  /// Calls the handlers now: from an event only. A handler may add more.
  void deliver();

  /// The same in a later turn of the event loop. Does not move a delivery that is due already, so that handlers are
  /// called before what the session does next.
  void deliver_soon() {
    if (!is_in_ring()) start(std::chrono::milliseconds::zero());
  }

  void cancel() noexcept { leave(); }

 private:
  SessionCore& session_;
  Queue<Notice> notices_;
  Queue<KeptMessage> dropped_;
};

}  // namespace hawser::detail
