#pragma once

// Resumes the coroutines of this thread: at the end of a browser event, or from the alarm, the one
// browser timer that serves all deadlines.

#include <hawser/detail/waiter.hpp>

namespace hawser::detail {

/// Resumes each coroutine whose wait has ended. An event calls this last, after all bookkeeping,
/// because a coroutine may destroy the object that got the event.
void resume_ready();

/// Cancels the alarm if nothing needs it, so that Node can exit.
void release_alarm();

/// Sets the alarm again, after events that may have stopped the browser's timer.
void reset_alarm();

}  // namespace hawser::detail
