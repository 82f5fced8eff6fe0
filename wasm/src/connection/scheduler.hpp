#pragma once

// When coroutines go on, on this thread: at the end of an event of the browser's, or from the one timer that serves
// all deadlines.

#include <hawser/detail/waiter.hpp>

namespace hawser::detail {

/// Resumes each coroutine whose wait has ended. To be called at the end of an event, as the last thing that is done
/// there.
void resume_ready();

/// What no timer waits for any more must not keep Node's process alive.
void release_alarm();

/// Sets it once more, where the browser's timer may stand still.
void reset_alarm();

}  // namespace hawser::detail
