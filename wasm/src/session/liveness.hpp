#pragma once

#include <hawser/heartbeat.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace hawser::detail {

/// Decides when to ping an open connection, and when it is dead, based on the times of its
/// messages.
///
/// A timer only says when to check, and it may fire late. Browsers run the timers of a hidden tab
/// once a second, later once a minute, and not at all while the computer sleeps. So:
///
/// * Any message is a sign of life. Messages arrive on time even in a hidden tab. They need not
///   move a timer, because `check` compares times.
/// * A late check does not prove that the peer is dead. Perhaps nothing ran on this thread that
///   could have received its messages. If the check at the deadline is more than `tolerance` late,
///   the peer gets another ping and another deadline.
/// * Throttled timers are late every time, and a dead connection must not survive because of that.
///   After a check that is at most `longest_throttle` late, the peer gets one more ping, and the
///   next check decides. Throttling can't delay a check by more than that, so if it is later, the
///   computer slept. That may happen repeatedly: the peer always gets another ping.
///
/// So a dead connection is detected after at most `interval` plus twice `deadline` of awake time.
/// In a hidden tab, whose timers run once a minute, this takes about three minutes. In some
/// browsers, the clock stops during sleep. The sleep then goes unnoticed, and the rest of the
/// deadline passes first.
///
/// `now` is milliseconds of a clock that never goes back.
class Liveness {
 public:
  using Milliseconds = std::chrono::milliseconds;

  enum class Verdict : std::uint8_t {
    nothing,  ///< Alive, or too early to say.
    ping,     ///< Send a ping, and call `pinged`.
    dead,     ///< Give up the connection.
  };

  /// How late a check may be and still decide. If it is later, the thread was busy, throttled or
  /// asleep, and a message may be queued right behind the check.
  static constexpr Milliseconds tolerance{250};

  /// Longer than any browser's throttling delays a timer: one minute, doubled to be safe.
  static constexpr Milliseconds longest_throttle = std::chrono::minutes(2);

  explicit Liveness(const HeartbeatOptions& options = {}) noexcept
      : interval_(options.interval), deadline_(options.deadline) {}

  /// Whether it pings at all.
  bool is_on() const noexcept { return interval_ > Milliseconds::zero(); }

  /// A connection has opened. Forgets the previous one.
  void opened(Milliseconds now) noexcept;

  /// A message of any kind has arrived.
  void received(Milliseconds now) noexcept;

  /// A ping was sent.
  void pinged(Milliseconds now) noexcept;

  /// A message has arrived that answers a ping. This includes `received`. Returns the round-trip
  /// time of the oldest unanswered ping, or nothing if no ping was unanswered. With the oldest one,
  /// a server that answers only some pings never looks faster than it is.
  std::optional<Milliseconds> ponged(Milliseconds now) noexcept;

  /// Returns what to do now. Call it when `next_check` says so, and after events that may mean that
  /// time has passed (`visibilitychange`, `online`, `pageshow`). Calling it too early does no harm.
  Verdict check(Milliseconds now) noexcept;

  /// How long from `now` until the next check. `Milliseconds::max()` means never. Call it after
  /// `opened`, and after each `check` once you have followed its verdict.
  Milliseconds next_check(Milliseconds now) const noexcept;

 private:
  bool is_waiting() const noexcept { return is_waiting_ && deadline_ > Milliseconds::zero(); }

  Milliseconds interval_;
  Milliseconds deadline_;
  Milliseconds heard_{0};    // when the last message arrived, or the last ping was sent
  Milliseconds timed_{0};    // when the oldest unanswered ping was sent
  bool is_waiting_ = false;  // a ping has no answer yet
  bool is_timed_ = false;
  bool is_given_time_ = false;  // after a late check
};

}  // namespace hawser::detail
