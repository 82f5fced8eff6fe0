#pragma once

#include <hawser/detail/ring.hpp>

// What the page reports to this thread: whether it is visible, and whether the browser is online.

namespace hawser::detail {

/// Its function `changed` is called after each report of the page.
class PageListener : public Link {
 public:
  using Changed = void(PageListener&, bool is_seen_again, bool is_online_again);

  explicit PageListener(Changed* by) noexcept : changed(by) {}

  /// Starts to listen, until `leave`.
  void listen();

  Changed* const changed;
};

/// Whether the browser reports a network. True until something listens.
bool is_online() noexcept;

}  // namespace hawser::detail
