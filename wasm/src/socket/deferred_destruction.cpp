#include "deferred_destruction.hpp"

#include <utility>

namespace hawser::detail {

namespace {

// Per thread. Plain values, so that access costs nothing.
constinit thread_local std::size_t depth = 0;
constinit thread_local Retirable* retired = nullptr;

}  // namespace

void enter_event() noexcept { ++depth; }

void leave_event() noexcept {
  if (--depth > 0) return;
  // Destroying a handler's captures may retire more objects.
  while (retired) RetirablePointer(std::exchange(retired, retired->next));
}

std::size_t event_depth() noexcept { return depth; }

void retire(RetirablePointer object) noexcept {
  if (depth == 0 || !object)
    return;  // no handler is running, so the destructor of `object` may destroy it now
  object->next = retired;
  retired = object.release();
}

}  // namespace hawser::detail
