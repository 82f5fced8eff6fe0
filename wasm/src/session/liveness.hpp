#pragma once

#include <hawser/heartbeat.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace hawser::detail {

/// Decides when to ping an open connection, and when it is dead, by the times of its messages.
///
/// A timer only says when to check, and it may fire late: browsers run the timers of a hidden tab
/// once a second, later once a minute, and not at all while the computer sleeps. So:
///
/// * Any message is a sign of life. Messages arrive on time in a hidden tab too, and no timer needs
///   to be moved: `check` compares times.
/// * A late check does not prove that the peer is dead, since perhaps nothing in this thread ran
///   that could have received its messages. If the check at the deadline is more than `tolerance`
///   late, the peer gets another ping and another deadline.
/// * Throttled timers are late every time, and a dead connection must not survive because of that.
///   After a check that is at most `longest_throttle` late, the peer gets one more ping, and the
///   next check decides. A check that is later than that can't be caused by throttling, so the
///   computer slept. That may happen again and again: the peer always gets another ping.
///
/// So a dead connection is found after at most `interval` and twice `deadline` of being awake. In a
/// hidden tab, whose timers run once a minute, it takes about three minutes. In some browsers the
/// clock stands still during sleep. Then the sleep is not noticed, and the rest of the deadline
/// passes first.
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

  /// How late a check may be and still decide. If it is later, the thread was busy, throttled or asleep, and a message
  /// may be queued behind this very check.
  static constexpr Milliseconds tolerance{250};

  /// Longer than throttling delays a timer in any browser: one minute, doubled to be safe.
  static constexpr Milliseconds longest_throttle = std::chrono::minutes(2);

  explicit Liveness(const HeartbeatOptions& options = {}) noexcept
      : interval_(options.interval), deadline_(options.deadline) {}

  /// Whether it pings at all.
  bool is_on() const noexcept { return interval_ > Milliseconds::zero(); }

  /// A connection has opened. Forgets the one before.
  void opened(Milliseconds now) noexcept;

  /// A message has arrived, whatever it is.
  void received(Milliseconds now) noexcept;

  /// A ping was sent.
  void pinged(Milliseconds now) noexcept;

  /// The message that has arrived answers a ping; it counts as `received`. Returns the round-trip time: that of the
  /// oldest unanswered ping, so that a server that answers only some of them never looks faster than it is. Empty if no
  /// ping was unanswered.
  std::optional<Milliseconds> ponged(Milliseconds now) noexcept;

  /// What to do now. Call it when `next_check` says so, and after events that may mean that time has passed
  /// (`visibilitychange`, `online`, `pageshow`). Calling it too early does no harm.
  Verdict check(Milliseconds now) noexcept;

  /// How long from `now` until the next check; `Milliseconds::max()` means never. Call it after
  /// `opened`, and after each `check` once you have done what it says.
  Milliseconds next_check(Milliseconds now) const noexcept;

 private:
  bool is_waiting() const noexcept { return is_waiting_ && deadline_ > Milliseconds::zero(); }

  Milliseconds interval_;
  Milliseconds deadline_;
  Milliseconds heard_{0};    // when the last message arrived, or the last ping was sent
  Milliseconds timed_{0};    // when the oldest unanswered ping was sent
  bool is_waiting_ = false;  // for a message, after a ping
  bool is_timed_ = false;
  bool is_given_time_ = false;  // after a check that was late
};

}  // namespace hawser::detail
