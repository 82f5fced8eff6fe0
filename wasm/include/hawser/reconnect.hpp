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

/// Who ended a connection.
enum class EndedBy : std::uint8_t {
  other,  ///< The peer, the network or the browser.
  app,    ///< The application, by `close`.
};

/// Why a session stopped reconnecting.
enum class StopReason : std::uint8_t {
  none,               ///< It has not stopped.
  closed_by_app,      ///< The application closed the session.
  policy_violation,   ///< The peer closed with code 1008: it rejects this client or its messages.
  final_code,         ///< The peer closed with one of `ReconnectOptions::final_codes`.
  cannot_connect,     ///< Every attempt fails before it reaches the network, as with a bad URL.
  too_many_attempts,  ///< `ReconnectOptions::max_attempts` attempts failed.
  deadline,           ///< The next attempt would be later than `ReconnectOptions::give_up_after`.
  decided_by_app,     ///< The application decided to stop. The default of `Decision::stop`.
  message_refused,    ///< A message from the peer was too large, or the inbox was full.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
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

/// Whether a close reason may contain a delay before reconnecting.
enum class RetryHint : std::uint8_t {
  ignore,     ///< No: reasons are text for humans.
  in_reason,  ///< Yes, if `retry_after` can parse it.
};

/// When a session reconnects, and when it stops.
struct ReconnectOptions {
  /// How long to wait before each attempt. See docs/scale.md for the defaults.
  BackoffOptions backoff = {};

  /// How long a connection must stay open to count as a success.
  ///
  /// A success resets the backoff, `max_attempts` and `give_up_after`. Without a minimum, a session
  /// would hammer a server that accepts connections and closes them at once. Zero or less means
  /// that every connection that opens is a success.
  std::chrono::milliseconds min_uptime = std::chrono::seconds(5);

  /// The maximum number of attempts after an end, until one succeeds. No limit by default.
  ///
  /// Zero means that the session never reconnects.
  std::uint32_t max_attempts = std::numeric_limits<std::uint32_t>::max();

  /// How long after an end new attempts may start, until one succeeds. Forever by default.
  ///
  /// The session stops at once if the next attempt would start later. It does not make that attempt
  /// earlier: all clients of a failed server would then do so at the same time. Time spent waiting
  /// for the network does not count.
  std::chrono::milliseconds give_up_after = std::chrono::milliseconds::max();

  /// Close codes after which the session stops. None by default.
  ///
  /// Use your own codes, from 4000 to 4999, that mean "not allowed" or "opened elsewhere". Any
  /// other code is allowed, too.
  std::vector<std::uint16_t> final_codes = {};

  /// The minimum delay after close code 1013, "try again later". The backoff is added to it.
  ///
  /// Servers send this code when they are overloaded. (The IANA registry says that clients should
  /// then reconnect only when a user asks for it.)
  std::chrono::milliseconds try_again_later = std::chrono::seconds(10);

  /// Whether to honor a delay in the close reason. See `retry_after` for the format.
  ///
  /// The backoff is added to the delay. The server's delay replaces `try_again_later`.
  RetryHint retry_hint = RetryHint::ignore;

  /// The longest delay that a server may ask for. Longer ones are shortened to it.
  ///
  /// A server that is down for more than five minutes should close with a code that says so.
  std::chrono::milliseconds max_retry_hint = std::chrono::minutes(5);
};

/// What to do after a connection has ended.
struct Decision {
  /// Reconnects at once, without the backoff: for example with a token that was just refreshed.
  ///
  /// `max_attempts` and `give_up_after` still apply. Don't return this after every end, or you
  /// hammer a server that closes connections at once.
  static Decision reconnect_now() noexcept { return {.skip_backoff = true}; }

  /// Stops the session, and sets `SessionStatus::why` to `reason`.
  static Decision stop(StopReason reason = StopReason::decided_by_app) noexcept {
    return {.reconnect = false, .why = reason};
  }

  /// Whether to reconnect.
  bool reconnect = true;

  /// The minimum delay before the next attempt. The backoff is added to it.
  std::chrono::milliseconds delay{0};

  /// Why the session stops. `none` if it reconnects.
  StopReason why = StopReason::none;

  /// Whether to add no backoff to `delay`.
  bool skip_backoff = false;
};

/// Parses the delay in a close reason, such as "30", "retry after 30" or "Retry-After: 30 s".
///
///     if (auto delay = hawser::retry_after(end.reason)) show(*delay);
///
/// The number is in whole seconds, optionally followed by "s", "sec", "second" or "seconds". Case
/// does not matter. The result is at most 24 days, the longest timer of a browser. Returns nothing
/// for any other text: for example, a number with a sign, a fraction or trailing text.
std::optional<std::chrono::milliseconds> retry_after(std::string_view reason) noexcept;

/// Returns hawser's own decision after an end: whether to reconnect, and the minimum delay.
///
/// It stops after:
///
/// * the application's own `close`,
/// * code 1008 and `final_codes`,
/// * errors that occur before the network is used: `invalid_url`, `url_too_long`,
///   `invalid_protocol`, `invalid_timeout`, `unsupported`, `blocked`,
/// * errors that the same messages would cause again: `message_too_large`, `inbox_overflow`.
///
/// It reconnects after all other ends, including code 1000 from the peer.
///
/// This is a pure function: tests and your own policies may call it.
Decision decide(const CloseEvent& event, EndedBy by, const ReconnectOptions& options) noexcept;

}  // namespace hawser
