#pragma once

// When coroutines go on, on this thread: at the end of an event of the browser's, or from the one timer that serves
// all deadlines.

#include <hawser/detail/waiter.hpp>

namespace hawser::detail {

/// Resumes each coroutine whose wait has ended. To be called at the end of an event, as the last thing that is done
/// there.
void resume_what_waited();

/// What no timer waits for any more must not keep Node's process alive.
void let_alarm_go();

/// Sets it once more, where the browser's timer may stand still.
void set_alarm_anew();

}  // namespace hawser::detail
