#pragma once

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

// How `co_await` treats an operand of any type.

namespace hawser::detail {

template <typename Awaiter>
concept IsAwaiter = requires(Awaiter& awaiter) {
  { awaiter.await_ready() } -> std::convertible_to<bool>;
  awaiter.await_suspend(std::coroutine_handle<>());
  awaiter.await_resume();
};

template <typename Operand>
decltype(auto) awaiter_of(Operand&& operand) {
  if constexpr (requires { std::forward<Operand>(operand).operator co_await(); })
    return std::forward<Operand>(operand).operator co_await();
  else if constexpr (requires { operator co_await(std::forward<Operand>(operand)); })
    return operator co_await(std::forward<Operand>(operand));
  else
    return std::forward<Operand>(operand);
}

/// Whether a coroutine could await this. Does not check `await_suspend`, which may depend on the
/// coroutine's type.
template <typename Operand>
concept MayBeAwaited =
    requires(Operand&& operand) { std::forward<Operand>(operand).operator co_await(); } ||
    requires(Operand&& operand) { operator co_await(std::forward<Operand>(operand)); } ||
    requires(std::remove_reference_t<Operand>& awaiter) {
      awaiter.await_ready();
      awaiter.await_resume();
    };

template <typename Operand>
concept Awaitable =
    IsAwaiter<std::remove_reference_t<decltype(awaiter_of(std::declval<Operand>()))>>;

template <Awaitable Operand>
using AwaitResult = std::remove_cvref_t<
    decltype(awaiter_of(std::declval<Operand>()).await_resume())>;  // may be void

}  // namespace hawser::detail
