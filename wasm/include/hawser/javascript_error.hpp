#pragma once

#include <exception>
#include <memory>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/platform.hpp>

namespace hawser {

namespace detail {

/// An exception that is kept on the JavaScript side, where it has a number.
struct KeptException;

}  // namespace detail

/// A JavaScript exception that left a `Task`. The coroutine that awaits the task can catch it.
///
///     try {
///       co_await save(document);  // calls a JavaScript function that throws
///     } catch (const hawser::JavaScriptError& error) {
///       std::puts(error.what());  // "QuotaExceededError: the disk is full"
///     }
///
/// When a task awaits a promise that is rejected, `co_await` throws this. When a JavaScript
/// function throws, the local variables of the task are destroyed, and the exception continues in
/// the awaiting coroutine. If no coroutine catches it, the platform reports the original exception
/// as uncaught.
///
/// Programs with `-sJSPI` or `-sASYNCIFY` differ in one case: the function throws before the task
/// has waited for anything. The exception then leaves the awaiting coroutine, too. It continues in
/// the first coroutine that has been waiting.
///
/// The program must catch exceptions. Functions that throw need `-fwasm-exceptions`. Rejected
/// promises need that or `-fexceptions`. In other programs, the platform reports the exception, and
/// the task never ends. There, use `settled` for promises, and catch exceptions of functions in
/// JavaScript.
class JavaScriptError : public std::exception {
 public:
  /// Used by hawser.
  explicit JavaScriptError(std::shared_ptr<const detail::KeptException> exception) noexcept;

  /// The exception as text, as JavaScript converts it: for example, "TypeError: Failed to fetch".
  ///
  /// The text is UTF-8, and valid as long as this object or a copy exists.
  const char* what() const noexcept override;

  /// Throws the original exception into the JavaScript code that called this program.
  ///
  /// Call it only on the thread where JavaScript threw the exception.
  [[noreturn]] void throw_original() const;

 private:
  std::shared_ptr<const detail::KeptException> exception_;
};

}  // namespace hawser
