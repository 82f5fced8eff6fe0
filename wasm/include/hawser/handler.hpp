#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <hawser/detail/platform.hpp>
#include <hawser/detail/retirable.hpp>

namespace hawser {

/// Used only in the form `Handler<Result(Arguments...)>`, below.
template <typename Signature>
class Handler;

template <typename Result>
class Task;

namespace detail {

template <typename Type>
inline constexpr bool is_a_task = false;
template <typename Result>
inline constexpr bool is_a_task<Task<Result>> = true;

/// Whether a callable returns a task. A handler would drop the task without running it.
template <typename Callable, typename... Arguments>
constexpr bool drops_task() {
  if constexpr (std::is_invocable_v<Callable&, Arguments...>)
    return is_a_task<std::invoke_result_t<Callable&, Arguments...>>;
  else
    return false;
}

/// Whether a callable takes the arguments of a handler and returns its result.
template <typename Callable, typename Result, typename... Arguments>
concept handles = std::is_invocable_r_v<Result, Callable&, Arguments...>;

/// Whether a callable is empty, such as an empty `std::function` or a null function pointer.
template <typename Callable>
bool is_nothing(const Callable& callable) {
  if constexpr (std::constructible_from<Callable, std::nullptr_t> && requires {
                  { callable == nullptr } -> std::convertible_to<bool>;
                })
    return callable == nullptr;
  else
    return false;
}

/// Calls a callable, and drops its result if `Result` is void.
template <typename Result, typename Callable, typename... Arguments>
Result call(Callable& callable, Arguments&&... arguments) {
  if constexpr (std::is_void_v<Result>)
    callable(std::forward<Arguments>(arguments)...);
  else
    return callable(std::forward<Arguments>(arguments)...);
}

}  // namespace detail

/// Holds any callable with a matching signature, including move-only ones.
///
/// It is like `std::function`, but takes a fraction of the code size. It is move-only, and captures
/// need not be copyable. A callable with the wrong signature does not compile, and the compiler
/// names the mistake.
template <typename Result, typename... Arguments>
class Handler<Result(Arguments...)> {
 public:
  /// Creates an empty handler.
  Handler() = default;
  Handler(std::nullptr_t) noexcept {}

  /// Holds `callable`. An empty `std::function` or a null pointer makes an empty handler.
  template <typename Callable>
    requires(!std::derived_from<std::remove_cvref_t<Callable>, Handler>)
  Handler(Callable&& callable) {
    using Held = std::decay_t<Callable>;
    constexpr bool fits = detail::handles<Held, Result, Arguments...>;
    static_assert(
        fits,
        "hawser: this handler takes other arguments, or returns something else; see Handler<...>");
    static_assert(
        !detail::drops_task<Held, Arguments...>(),
        "hawser: this handler is a coroutine, whose task would never run. Start it in the handler: "
        "[] { hawser::spawn(log_in()); }");
    if constexpr (fits) {
      if (!detail::is_nothing<Held>(callable))
        target_.reset(new Target<Held>(std::forward<Callable>(callable)));
    }
  }

  /// Whether it holds a callable.
  explicit operator bool() const noexcept { return target_ != nullptr; }
  /// Whether it is empty.
  bool operator==(std::nullptr_t) const noexcept { return !target_; }

  /// Calls the callable.
  ///
  /// An empty handler does nothing and returns `Result()`. Check first if you must distinguish that
  /// from a real result.
  Result operator()(Arguments... arguments) const {
    if (target_) return target_->call(target_.get(), std::forward<Arguments>(arguments)...);
    return Result();
  }

  /// Calls the callable for the last time. Used by hawser.
  ///
  /// Empties the handler first. `retire` takes the callable, and destroys it after the call has
  /// returned or thrown.
  void call_last(void (*retire)(detail::RetirablePointer), Arguments... arguments) {
    Base* const last = target_.get();
    if (!last) return;
    retire(release());
    last->call(last, std::forward<Arguments>(arguments)...);
  }

  /// Empties this handler and returns its callable. The callable may be running, so the caller
  /// destroys it later. Used by hawser.
  detail::RetirablePointer release() noexcept {
    return detail::RetirablePointer(target_.release());
  }

 private:
  struct Base : detail::Retirable {
    using Call = Result (*)(Base*, Arguments...);
    Base(void (*destroy_by)(Retirable*), Call call_by) noexcept
        : Retirable(destroy_by), call(call_by) {}
    Call call;
  };

  template <typename Callable>
  struct Target final : Base {
    template <typename From>
    explicit Target(From&& from)
        : Base(detail::destroy_as<Target>, invoke), callable(std::forward<From>(from)) {}

    static Result invoke(Base* self, Arguments... arguments) {
      return detail::call<Result>(static_cast<Target*>(self)->callable,
                                  std::forward<Arguments>(arguments)...);
    }

    Callable callable;
  };

  std::unique_ptr<Base, detail::Destroy> target_;
};

/// A handler that may also take its owner, a `WebSocket` or a `Session`, as the first argument.
///
///     socket.on_message([](const hawser::Message& message) { show(message.text()); });
///     socket.on_message([](hawser::WebSocket& socket, const hawser::Message& message) {
///       socket.send(message);
///     });
///
/// The reference is to the current owner of the connection, even if it was moved after the handler
/// was set. If the handler itself moves its owner, the reference still refers to the old object.
template <typename Owner, typename Signature>
class HandlerOf;

/// Used only in this form: `HandlerOf<Owner, Result(Arguments...)>`.
template <typename Owner, typename Result, typename... Arguments>
class HandlerOf<Owner, Result(Arguments...)> : public Handler<Result(Owner*, Arguments...)> {
 public:
  /// Creates an empty handler.
  HandlerOf() = default;
  HandlerOf(std::nullptr_t) noexcept {}

  /// Holds `callable`. An empty `std::function` or a null pointer makes an empty handler.
  template <typename Callable>
    requires(!std::same_as<std::remove_cvref_t<Callable>, HandlerOf>)
  HandlerOf(Callable&& callable) : Any(adapt(std::forward<Callable>(callable))) {}

 private:
  using Any = Handler<Result(Owner*, Arguments...)>;

  template <typename Callable>
  struct WithoutOwner {
    Result operator()(Owner*, Arguments... arguments) {
      return detail::call<Result>(callable, std::forward<Arguments>(arguments)...);
    }
    Callable callable;
  };

  template <typename Callable>
  struct WithOwner {
    Result operator()(Owner* owner, Arguments... arguments) {
      return detail::call<Result>(callable, *owner, std::forward<Arguments>(arguments)...);
    }
    Callable callable;
  };

  template <typename Callable>
  static Any adapt(Callable&& callable) {
    using Held = std::decay_t<Callable>;
    constexpr bool is_without_owner = detail::handles<Held, Result, Arguments...>;
    constexpr bool is_with_owner =
        !is_without_owner && detail::handles<Held, Result, Owner&, Arguments...>;
    static_assert(
        is_without_owner || is_with_owner,
        "hawser: this handler takes other arguments, or returns something else. It takes the "
        "arguments that "
        "HandlerOf<Owner, Result(Arguments...)> names, or a reference to its owner and then those");
    static_assert(
        !detail::drops_task<Held, Arguments...>() &&
            !detail::drops_task<Held, Owner&, Arguments...>(),
        "hawser: this handler is a coroutine, whose task would never run. Start it in the handler: "
        "[] { hawser::spawn(log_in()); }");
    if constexpr (is_without_owner || is_with_owner) {
      if (detail::is_nothing<Held>(callable)) return {};
    }
    if constexpr (is_without_owner) return WithoutOwner<Held>{std::forward<Callable>(callable)};
    if constexpr (is_with_owner) return WithOwner<Held>{std::forward<Callable>(callable)};
    return {};
  }
};

}  // namespace hawser
