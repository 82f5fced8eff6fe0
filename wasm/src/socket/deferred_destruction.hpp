#pragma once

// Lets a handler replace itself or destroy its socket while it runs. Objects that may be in use are
// destroyed once the outermost handler has returned.

#include <cstddef>
#include <utility>

#include <hawser/detail/retirable.hpp>
#include <hawser/handler.hpp>

#include "socket_reports.hpp"

namespace hawser::detail {

/// Mark the beginning and the end of an event. Objects retired in between live until the outermost
/// event ends.
///
/// These are two calls instead of a guard object, because no destructor may run when a handler
/// throws. In that case, `hawser_on_throw` calls `leave_event`.
void enter_event() noexcept;
void leave_event() noexcept;

/// Ends an event whose handlers have returned. Calls the handlers of observers first.
inline void end_event() {
  if (&socket_reports) socket_reports.deliver();
  leave_event();
}

/// How many events are running, nested in each other.
std::size_t event_depth() noexcept;

/// Takes ownership of `object` and destroys it: at once, or if handlers are running, when the last
/// one has returned.
void retire(RetirablePointer object) noexcept;

/// Replaces `handler`. Destroys the old one last, because it may be running and may own its socket.
template <typename Signature>
void replace(Handler<Signature>& handler, Handler<Signature>&& by) noexcept {
  auto old = handler.release();
  handler = std::move(by);
  retire(std::move(old));
}

}  // namespace hawser::detail
