#pragma once

namespace hawser::detail {

/// A user of a connection that does not own it, but has to know when it opens and ends.
struct Tether {
  explicit Tether(void (*notified)(Tether& tether, bool has_ended)) noexcept : notify(notified) {}
  Tether(const Tether&) = delete;
  Tether& operator=(const Tether&) = delete;

  /// Called when the connection has opened, and once when it has ended or is destroyed. It may run
  /// inside a call of the application, so it calls no handlers.
  void (*notify)(Tether& tether, bool has_ended);
};

}  // namespace hawser::detail
