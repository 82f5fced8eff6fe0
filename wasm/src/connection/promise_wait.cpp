// JavaScript promises. This needs Embind, and only programs that await promises link it.

#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/promise_wait.hpp>

#include "../socket/deferred_destruction.hpp"
#include "../socket/seam.hpp"
#include "kept_exception.hpp"
#include "scheduler.hpp"

namespace hawser::detail {

PromiseWait::~PromiseWait() {
  if (is_waiting_) seam::hawser_forget_promise(this);
  if (value_) seam::hawser_release_value(value_);
}

void PromiseWait::await_suspend(Suspended coroutine) {
  coroutine_ = coroutine;
  [[maybe_unused]] const OwnerThread ends_the_wait;  // with this thread
  seam::hawser_await_promise(this, value_);
  is_waiting_ = true;
}

void PromiseWait::settle(void* result, bool is_rejected) {
  is_waiting_ = false;
  seam::hawser_release_value(value_);
  value_ = result;
  is_rejected_ = is_rejected;
  resume(coroutine_);
}

std::shared_ptr<const KeptException> PromiseWait::keep() {
  const int exception = seam::hawser_keep_exception(value_);
  return exception ? std::make_shared<const KeptException>(exception) : nullptr;
}

void PromiseWait::throw_to_javascript() { seam::hawser_throw_value(take()); }

}  // namespace hawser::detail

void hawser::seam::hawser_on_settled(void* state, Value result, bool is_rejected) {
  detail::enter_event();
  static_cast<detail::PromiseWait*>(state)->settle(result, is_rejected);
  detail::resume_ready();
  detail::end_event();
}
