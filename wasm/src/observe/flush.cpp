#include <hawser/observe.hpp>

#include "../socket/seam.hpp"
#include "observer_core.hpp"

namespace hawser {

// As an event: an exception of a handler must not leave a call of the application.
void Observer::flush() {
  if (detail::mine(core_.get())) seam::hawser_call(new Handler<void()>([] { detail::deliver_observations(); }));
}

}  // namespace hawser
