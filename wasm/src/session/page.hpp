#pragma once

#include <hawser/detail/ring.hpp>

// The page's reports to this thread: whether the page is visible, and whether the browser is
// online.

namespace hawser::detail {

/// The changes in a report of the page.
struct PageChange {
  bool is_hidden = false;      ///< The page was visible, and is now hidden.
  bool is_seen_again = false;  ///< The page was hidden, and is now visible.
  bool is_online_again = false;
};

/// Calls `changed` after each report of the page.
class PageListener : public Link {
 public:
  using Changed = void(PageListener&, const PageChange&);

  explicit PageListener(Changed* by) noexcept : changed(by) {}

  /// Starts listening, until `leave`.
  void listen();

  Changed* const changed;
};

/// Whether the browser reports a network. True until something listens.
bool is_online() noexcept;

/// Whether the page is visible, according to its last report. True if there is no page.
bool is_visible() noexcept;

}  // namespace hawser::detail
