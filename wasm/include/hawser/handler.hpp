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
      // An empty std::function, or a null function pointer, is no handler.
      if constexpr (std::constructible_from<Held, std::nullptr_t> && requires {
                      { callable == nullptr } -> std::convertible_to<bool>;
                    }) {
        if (callable == nullptr) return;
      }
      target_.reset(new Target<Held>(std::forward<Callable>(callable)));
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
      Callable& callable = static_cast<Target*>(self)->callable;
      if constexpr (std::is_void_v<Result>)
        callable(std::forward<Arguments>(arguments)...);
      else
        return callable(std::forward<Arguments>(arguments)...);
    }

    Callable callable;
  };

  std::unique_ptr<Base, detail::Destroy> target_;
};

}  // namespace hawser
