#pragma once

// Lets a handler replace itself or destroy its socket while it runs: objects that may be in use are destroyed when the
// outermost handler has returned.

#include <cstddef>
#include <utility>

#include <hawser/detail/retirable.hpp>
#include <hawser/handler.hpp>

#include "socket_reports.hpp"

namespace hawser::detail {

/// Marks the beginning and the end of an event. Objects that are retired in between live until the outermost end.
///
/// These are two calls instead of a guard object, because no destructor may run when a handler throws. Then
/// `hawser_on_throw` calls `leave_event`.
void enter_event() noexcept;
void leave_event() noexcept;

/// The end of an event whose handlers have returned: those of observers are called now.
inline void end_event() {
  if (&socket_reports) socket_reports.deliver();
  leave_event();
}

/// How many events are running, one inside the other.
std::size_t event_depth() noexcept;

/// Takes ownership of `object` and destroys it: now or, while handlers run, when the last one has returned.
void retire(RetirablePointer object) noexcept;

/// Replaces `handler`. The old one is destroyed last, because it may be running and may own its socket.
template <typename Signature>
void replace(Handler<Signature>& handler, Handler<Signature>&& by) noexcept {
  auto old = handler.release();
  handler = std::move(by);
  retire(std::move(old));
}

}  // namespace hawser::detail
