#pragma once

#include <exception>
#include <memory>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/platform.hpp>

namespace hawser {

namespace detail {

/// An exception that the JavaScript side keeps, by its number there.
struct KeptException;

}  // namespace detail

/// A JavaScript exception that left a `Task`, for the coroutine that awaits the task.
///
///     try {
///       co_await save(document);  // calls a JavaScript function that throws
///     } catch (const hawser::JavaScriptError& error) {
///       std::puts(error.what());  // "QuotaExceededError: the disk is full"
///     }
///
/// A task throws it where it awaits a promise that is rejected. If a JavaScript function throws, the
/// local variables of the task are destroyed, and the exception continues in the awaiting coroutine.
/// If no coroutine catches it, the platform reports the original exception as an uncaught one.
///
/// In a program with `-sJSPI` or `-sASYNCIFY`, a function that throws before the task has waited for
/// anything leaves the awaiting coroutine, too. The exception then continues in the first coroutine
/// that has been waiting.
///
/// This needs a program that catches exceptions. Functions that throw need `-fwasm-exceptions`;
/// rejected promises need that or `-fexceptions`. In other programs, the platform reports the
/// exception, and the task never ends: use `settled` for a promise, and catch in JavaScript what a
/// function throws.
class JavaScriptError : public std::exception {
 public:
  /// Used by hawser.
  explicit JavaScriptError(std::shared_ptr<const detail::KeptException> exception) noexcept;

  /// The exception as JavaScript converts it to text, such as "TypeError: Failed to fetch".
  ///
  /// UTF-8, and valid as long as this object or a copy exists.
  const char* what() const noexcept override;

  /// Throws the original exception into the JavaScript that has called this program.
  ///
  /// Call it only on the thread on which JavaScript threw the exception.
  [[noreturn]] void throw_original() const;

 private:
  std::shared_ptr<const detail::KeptException> exception_;
};

}  // namespace hawser
