#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <hawser/detail/retirable.hpp>

namespace hawser {

template <typename Signature>
class Handler;

namespace detail {

/// Whether a callable takes what a handler is given, and returns what it is to return.
template <typename Callable, typename Result, typename... Arguments>
concept handles = std::is_invocable_r_v<Result, Callable&, Arguments...>;

/// An empty std::function, or a null function pointer, is no handler.
template <typename Callable>
bool is_nothing(const Callable& callable) {
  if constexpr (std::constructible_from<Callable, std::nullptr_t> && requires {
                  { callable == nullptr } -> std::convertible_to<bool>;
                })
    return callable == nullptr;
  else
    return false;
}

template <typename Result, typename Callable, typename... Arguments>
Result call(Callable& callable, Arguments&&... arguments) {
  if constexpr (std::is_void_v<Result>)
    callable(std::forward<Arguments>(arguments)...);
  else
    return callable(std::forward<Arguments>(arguments)...);
}

}  // namespace detail

/// Holds any callable, also one that can only be moved; empty by default. `std::function` in a fraction of
/// its code size, and without its demand that what a handler captures can be copied.
template <typename Result, typename... Arguments>
class Handler<Result(Arguments...)> {
 public:
  Handler() = default;
  Handler(std::nullptr_t) noexcept {}

  template <typename Callable>
    requires(!std::derived_from<std::remove_cvref_t<Callable>, Handler>)
  Handler(Callable&& callable) {
    using Held = std::decay_t<Callable>;
    constexpr bool fits = detail::handles<Held, Result, Arguments...>;
    static_assert(fits, "hawser: this handler takes other arguments, or returns something else; see Handler<...>");
    if constexpr (fits) {
      if (!detail::is_nothing<Held>(callable)) target_.reset(new Target<Held>(std::forward<Callable>(callable)));
    }
  }

  explicit operator bool() const noexcept { return target_ != nullptr; }
  bool operator==(std::nullptr_t) const noexcept { return !target_; }

  /// Calls what it holds. When empty it does nothing, and returns `Result()`: check first if that could be mistaken for
  /// an answer.
  Result operator()(Arguments... arguments) const {
    if (target_) return target_->call(target_.get(), std::forward<Arguments>(arguments)...);
    return Result();
  }

  /// Calls what it holds for the last time. This handler is empty by then: `retire` was given what runs, to destroy it
  /// when it has returned or thrown.
  void call_last(void (*retire)(detail::RetirablePointer), Arguments... arguments) {
    Base* const last = target_.get();
    if (!last) return;
    retire(release());
    last->call(last, std::forward<Arguments>(arguments)...);
  }

  /// Empties this handler and gives away what it held, so that its end can wait until it has returned.
  detail::RetirablePointer release() noexcept { return detail::RetirablePointer(target_.release()); }

 private:
  struct Base : detail::Retirable {
    using Call = Result (*)(Base*, Arguments...);
    Base(void (*destroy_by)(Retirable*), Call call_by) noexcept : Retirable(destroy_by), call(call_by) {}
    Call call;
  };

  template <typename Callable>
  struct Target final : Base {
    template <typename From>
    explicit Target(From&& from) : Base(detail::destroy_as<Target>, invoke), callable(std::forward<From>(from)) {}

    static Result invoke(Base* self, Arguments... arguments) {
      return detail::call<Result>(static_cast<Target*>(self)->callable, std::forward<Arguments>(arguments)...);
    }

    Callable callable;
  };

  std::unique_ptr<Base, detail::Destroy> target_;
};

/// A handler of a `WebSocket` or a `Session`, its owner. What it holds takes the arguments, or the owner and then the
/// arguments:
///
///     socket.on_message([](const hawser::Message& message) { … });
///     socket.on_message([](hawser::WebSocket& socket, const hawser::Message& message) { … });
///
/// The reference is to the object that owns the connection now, however often it was moved. If the handler itself moves
/// its owner, the reference stays with the object that was moved from.
template <typename Owner, typename Signature>
class HandlerOf;

template <typename Owner, typename Result, typename... Arguments>
class HandlerOf<Owner, Result(Arguments...)> : public Handler<Result(Owner*, Arguments...)> {
 public:
  HandlerOf() = default;
  HandlerOf(std::nullptr_t) noexcept {}

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
    constexpr bool is_with_owner = !is_without_owner && detail::handles<Held, Result, Owner&, Arguments...>;
    static_assert(is_without_owner || is_with_owner,
                  "hawser: this handler takes other arguments, or returns something else. It takes the arguments that "
                  "HandlerOf<Owner, Result(Arguments...)> names, or a reference to its owner and then those");
    if constexpr (is_without_owner || is_with_owner) {
      if (detail::is_nothing<Held>(callable)) return {};
    }
    if constexpr (is_without_owner) return WithoutOwner<Held>{std::forward<Callable>(callable)};
    if constexpr (is_with_owner) return WithOwner<Held>{std::forward<Callable>(callable)};
    return {};
  }
};

}  // namespace hawser
