#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include <hawser/backoff.hpp>
#include <hawser/close.hpp>

namespace hawser {

/// Whose doing the end of a connection was.
enum class EndedBy : std::uint8_t {
  other,  ///< The peer's, the network's, the browser's.
  app,    ///< The app called `close`.
};

/// Why there is no further attempt.
enum class StopReason : std::uint8_t {
  none,               ///< There is one.
  closed_by_app,      ///< The app closed the connection.
  policy_violation,   ///< The peer closed it with code 1008: it will not have this client, or not what it sends.
  final_code,         ///< The peer closed it with one of `ReconnectOptions::final_codes`.
  cannot_connect,     ///< What would be tried again is refused before the network sees it, as an invalid URL is.
  too_many_attempts,  ///< `ReconnectOptions::max_attempts` were made.
  deadline,           ///< `ReconnectOptions::give_up_after` would pass before the next attempt.
  decided_by_app,     ///< The app's own decision.
  message_refused,    ///< A message from the peer was too large, or the inbox had no room for it.
};

/// The identifier of the value, NUL-terminated. "unknown" for a number that is no value.
constexpr const char* name(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::none: return "none";
    case StopReason::closed_by_app: return "closed_by_app";
    case StopReason::policy_violation: return "policy_violation";
    case StopReason::final_code: return "final_code";
    case StopReason::cannot_connect: return "cannot_connect";
    case StopReason::too_many_attempts: return "too_many_attempts";
    case StopReason::deadline: return "deadline";
    case StopReason::decided_by_app: return "decided_by_app";
    case StopReason::message_refused: return "message_refused";
  }
  return "unknown";
}

/// Whether a close reason tells when to come again.
enum class RetryHint : std::uint8_t {
  ignore,     ///< A reason is text for people.
  in_reason,  ///< A reason that `retry_after` can read is a hint.
};

/// When to connect again, and when not any more.
struct ReconnectOptions {
  /// How long to wait before each attempt.
  BackoffOptions backoff = {};

  /// How long a connection must have been open to count as a success: then the backoff begins anew, and so do
  /// `max_attempts` and `give_up_after`. Without it, a server that accepts and closes at once would be called without a
  /// pause. Zero or less: every connection that opened is a success.
  std::chrono::milliseconds min_uptime = std::chrono::seconds(5);

  /// How many attempts are made after an end, until one succeeds; as many as it takes by default. Zero: none.
  std::uint32_t max_attempts = std::numeric_limits<std::uint32_t>::max();

  /// How long after an end attempts may begin, until one succeeds; for ever by default. One that would begin later is
  /// not made, nor is it made earlier instead, since all clients of a server that is down would do that at the same
  /// time.
  std::chrono::milliseconds give_up_after = std::chrono::milliseconds::max();

  /// Close codes after which a new connection has no sense, such as those from 4000 to 4999 that the app's protocol has
  /// for "not allowed" or "opened elsewhere". Any code may be named; none is by default.
  std::vector<std::uint16_t> final_codes = {};

  /// What is waited at the least after close code 1013, "try again later", in addition to the backoff. (The registry of
  /// close codes would have an overloaded server's clients wait for their users.)
  std::chrono::milliseconds try_again_later = std::chrono::seconds(10);

  /// Whether a close reason with seconds in it is waited for, in addition to the backoff. It is the server's own word
  /// then, and replaces `try_again_later`.
  RetryHint retry_hint = RetryHint::ignore;

  /// The longest time that a server can ask for; a longer one counts as this. Five minutes: whoever has a longer break
  /// to tell of closes with a code for that.
  std::chrono::milliseconds max_retry_hint = std::chrono::minutes(5);
};

/// What becomes of a connection that has ended.
struct Decision {
  /// The next attempt is made without a delay, and without the backoff: for a token that was refreshed, say. It counts
  /// for `max_attempts` and `give_up_after`. Decide so once, and not after each end: a server that closes at once would
  /// be called without a pause.
  static Decision reconnect_now() noexcept { return {.skip_backoff = true}; }

  /// There are no more attempts.
  static Decision stop(StopReason reason = StopReason::decided_by_app) noexcept {
    return {.reconnect = false, .why = reason};
  }

  bool reconnect = true;

  /// The shortest time until the next attempt. The backoff is added to it.
  std::chrono::milliseconds delay{0};

  /// `none` if there is an attempt.
  StopReason why = StopReason::none;

  /// The next attempt comes after `delay`, and nothing is added to it.
  bool skip_backoff = false;
};

/// What a close reason says about when to come again: "30", "retry after 30", "Retry-After: 30 s", in whole seconds,
/// with or without "s", "sec", "second", "seconds". At most as many days as timers of browsers have, which are 24.
/// Empty for any other text, also for a number with a sign, with a fraction or with more text after it.
std::optional<std::chrono::milliseconds> retry_after(std::string_view reason) noexcept;

/// Whether a connection that ended so should be made again, and what to wait for at the least: not after the app's own
/// close, code 1008, `final_codes`, an error that comes before the network (`invalid_url`, `url_too_long`,
/// `invalid_protocol`, `invalid_timeout`, `unsupported`, `blocked`), or one that the same messages would cause again
/// (`message_too_large`, `inbox_overflow`). After all else it should, also after code 1000 from the peer.
///
/// A pure function: where the app decides otherwise, it may ask this for all other cases.
Decision decide(const CloseEvent& event, EndedBy by, const ReconnectOptions& options) noexcept;

}  // namespace hawser
