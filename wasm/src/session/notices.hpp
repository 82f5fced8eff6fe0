#pragma once

#include <hawser/close.hpp>
#include <hawser/error.hpp>
#include <hawser/session.hpp>

#include <cstdint>

#include <hawser/detail/retirable.hpp>
#include <hawser/detail/waiter.hpp>

#include "message_list.hpp"

namespace hawser::detail {

/// Calls the handlers of a session later, from the event loop: never inside a call that the app makes.
class Notices : private Timer {
 public:
  explicit Notices(SessionCore& session) noexcept
      : Timer([](Timer& timer) { static_cast<Notices&>(timer).deliver(); }), session_(session) {}
  ~Notices();

  void add(SessionStatus status);
  void add(const CloseEvent& end);
  void add(Error error);
  void add_dropped(MessageList messages);

  /// Calls the handlers now: from an event only. A handler may add more.
  void deliver();

  /// The same in a later turn of the event loop. Does not move a delivery that is due already, so that handlers are
  /// called before what the session does next.
  void deliver_soon() {
    if (!is_in_ring()) start(std::chrono::milliseconds::zero());
  }

  void cancel() noexcept { leave(); }

 private:
  enum class Kind : std::uint8_t { status, end, error };
  struct Notice;

  void add(Kind kind, SessionStatus content);

  SessionCore& session_;
  Notice* first_ = nullptr;  // of a list
  Notice* last_ = nullptr;
  MessageList dropped_;
};

}  // namespace hawser::detail
