#include <hawser/observe.hpp>

#include "../socket/seam.hpp"
#include "observer_core.hpp"

namespace hawser {

// Delivers inside an event, so that an exception from a handler can't escape into a call of the
// app.
void Observer::flush() {
  if (detail::mine(core_.get()))
    seam::hawser_call(new Handler<void()>([] { detail::deliver_observations(); }));
}

}  // namespace hawser
