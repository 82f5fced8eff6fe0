#include "page.hpp"

#include <utility>

#include "../connection/scheduler.hpp"
#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"

namespace hawser::detail {

namespace {

/// The last report of the page, and who listens on this thread.
struct Page {
  Ring<Link> listeners;
  bool is_online = seam::hawser_watch_page();
  bool is_visible = true;
};

constinit thread_local Page* page = nullptr;

}  // namespace

void PageListener::listen() {
  if (!page) page = new Page;
  join(page->listeners);
}

bool is_online() noexcept { return !page || page->is_online; }

}  // namespace hawser::detail

void hawser::seam::hawser_on_page(bool is_online, bool is_visible) {
  using namespace hawser::detail;
  enter_event();
  const bool is_online_again = !std::exchange(page->is_online, is_online) && is_online;
  const bool is_seen_again = !std::exchange(page->is_visible, is_visible) && is_visible;
  const Ring<Link>& listeners = page->listeners;
  for (Link* link = &listeners.next(); link != &listeners; link = &link->next()) {
    auto& listener = static_cast<PageListener&>(*link);
    listener.changed(listener, is_seen_again, is_online_again);
  }
  reset_alarm();
  end_event();
}
