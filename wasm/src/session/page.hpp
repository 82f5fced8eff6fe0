#pragma once

#include <hawser/detail/ring.hpp>

// What the page reports to this thread: whether it is visible, and whether the browser is online.

namespace hawser::detail {

/// What is new in a report of the page.
struct PageChange {
  bool is_hidden = false;      ///< The page was visible before.
  bool is_seen_again = false;  ///< The page was hidden before.
  bool is_online_again = false;
};

/// Its function `changed` is called after each report of the page.
class PageListener : public Link {
 public:
  using Changed = void(PageListener&, const PageChange&);

  explicit PageListener(Changed* by) noexcept : changed(by) {}

  /// Starts to listen, until `leave`.
  void listen();

  Changed* const changed;
};

/// Whether the browser reports a network. True until something listens.
bool is_online() noexcept;

/// Whether the page is visible, as far as it has reported. True where there is no page.
bool is_visible() noexcept;

}  // namespace hawser::detail
