#pragma once

#include <hawser/close.hpp>
#include <hawser/error.hpp>
#include <hawser/session.hpp>

#include <cstdint>

#include <hawser/detail/retirable.hpp>
#include <hawser/detail/waiter.hpp>

#include "message_list.hpp"

namespace hawser::detail {

/// Calls the handlers of a session later, from the event loop, and never inside a call of the app.
class Notices : private Timer {
 public:
  explicit Notices(SessionCore& session) noexcept
      : Timer([](Timer& timer) { static_cast<Notices&>(timer).deliver(); }), session_(session) {}
  ~Notices();

  void add(SessionStatus status);
  void add(const CloseEvent& end);
  void add(Error error);
  void add_dropped(MessageList messages);

  /// Calls the handlers now. Only events may call this. A handler may add more notices.
  void deliver();

  /// Does the same in a later turn of the event loop. Does not move a delivery that is already due,
  /// so that handlers are called before the session's next action.
  void deliver_soon() {
    if (!is_in_ring()) start(std::chrono::milliseconds::zero());
  }

  void cancel() noexcept { leave(); }

 private:
  enum class Kind : std::uint8_t { status, end, error };
  struct Notice;

  void add(Kind kind, SessionStatus content);

  SessionCore& session_;
  Notice* first_ = nullptr;  // a linked list
  Notice* last_ = nullptr;
  MessageList dropped_;
};

}  // namespace hawser::detail
