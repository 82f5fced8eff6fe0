#include "page.hpp"

#include <utility>

#include "../connection/scheduler.hpp"
#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"

namespace hawser::detail {

namespace {

/// The page's last report, and the listeners of this thread.
struct Page {
  Ring<Link> listeners;
  bool is_online = seam::hawser_watch_page();
  bool is_visible = true;
};

constinit thread_local Page* page = nullptr;

Page& page_of_thread() {
  if (!page) page = new Page;
  return *page;
}

}  // namespace

void PageListener::listen() { join(page_of_thread().listeners); }

bool is_online() noexcept { return !page || page->is_online; }

bool is_visible() noexcept { return !page || page->is_visible; }

}  // namespace hawser::detail

void hawser::seam::hawser_on_page(bool is_online, bool is_visible) {
  using namespace hawser::detail;
  enter_event();
  Page& reported = page_of_thread();  // a scripted browser reports before anything listens
  const bool was_online = std::exchange(reported.is_online, is_online);
  const bool was_visible = std::exchange(reported.is_visible, is_visible);
  const PageChange change{.is_hidden = was_visible && !is_visible,
                          .is_seen_again = !was_visible && is_visible,
                          .is_online_again = !was_online && is_online};
  const Ring<Link>& listeners = reported.listeners;
  for (Link* link = &listeners.next(); link != &listeners; link = &link->next()) {
    auto& listener = static_cast<PageListener&>(*link);
    listener.changed(listener, change);
  }
  reset_alarm();
  end_event();
}
