#pragma once

// What lets a handler do anything while it runs, such as replace itself or destroy its socket: what may be running is
// destroyed once the outermost handler has returned.

#include <cstddef>
#include <utility>

#include <hawser/detail/retirable.hpp>
#include <hawser/handler.hpp>

namespace hawser::detail {

/// Marks the beginning and the end of an event. Objects that are retired in between live until the outermost end.
///
/// A pair of calls and not a guard object: when a handler throws, no destructor can be relied on, and
/// `hawser_on_throw` calls `leave_event` instead.
void enter_event() noexcept;
void leave_event() noexcept;

/// How many events are running, one inside the other.
std::size_t event_depth() noexcept;

/// Takes `object` over. Destroys it now or, while handlers run, when the last one has returned.
void retire(RetirablePointer object) noexcept;

/// Replaces `handler`, which may be running and may own its socket: so the old one is destroyed last.
template <typename Signature>
void replace(Handler<Signature>& handler, Handler<Signature>&& by) noexcept {
  auto old = handler.release();
  handler = std::move(by);
  retire(std::move(old));
}

}  // namespace hawser::detail
