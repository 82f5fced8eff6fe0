#pragma once

#include <hawser/heartbeat.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace hawser::detail {

/// Whether an open connection is alive, judged by when messages came.
///
/// A timer only says when to look. It may come late: in a tab that nobody sees browsers run timers once a second, later
/// once a minute, and in a computer that sleeps not at all. So:
///
/// * Any message is life. Messages come on time in a hidden tab, too, and no timer has to be moved when one comes:
///   `check` sees that it came.
/// * A late look is no proof of death, since in that time perhaps nobody ran who could have received. When the
///   deadline's look is more than `tolerance` late, the answer is another ping, with a deadline of its own.
/// * But throttled timers are late each time, and a dead connection must not live on that. Late looks that come within
///   `longest_throttle` of the deadline get one more ping in a row, and the next one judges. A later look can't be
///   throttling, so that it was sleep, and sleep may come again and again: it always gets another ping.
///
/// A dead connection is so found after at most `interval` and twice `deadline` of being awake, or in a hidden tab,
/// whose timers run once a minute, after about three minutes. Clocks that stand still during sleep, as those of some
/// browsers do, make no difference but that the sleep is not seen: the rest of the deadline is then waited for.
///
/// `now` is milliseconds since any moment, of a clock that never goes back.
class Liveness {
 public:
  using Milliseconds = std::chrono::milliseconds;

  enum class Verdict : std::uint8_t {
    nothing,  ///< Alive as far as can be told, or not to be judged yet.
    ping,     ///< Send a ping, and call `pinged`.
    dead,     ///< Give the connection up.
  };

  /// How late a look may be and still judge. More than that, and the thread was busy, throttled or asleep: a message
  /// may be waiting behind this very look.
  static constexpr Milliseconds tolerance{250};

  /// Longer than throttling delays a timer in any browser: one minute, and again as much for good measure.
  static constexpr Milliseconds longest_throttle = std::chrono::minutes(2);

  explicit Liveness(const HeartbeatOptions& options = {}) noexcept
      : interval_(options.interval), deadline_(options.deadline) {}

  /// The connection is open. Forgets the one before.
  void opened(Milliseconds now) noexcept;

  /// A message has come, whatever it is.
  void received(Milliseconds now) noexcept;

  /// A ping was sent.
  void pinged(Milliseconds now) noexcept;

  /// The message that has come was the answer to a ping (it counts as `received`). Gives the round-trip time: that of
  /// the oldest ping without an answer, so that a server which answers only some of them never looks faster than it is.
  /// Empty when no ping was without an answer.
  std::optional<Milliseconds> ponged(Milliseconds now) noexcept;

  /// What to do now. To be called when `next_check` says, and whenever something tells that time may have passed
  /// (`visibilitychange`, `online`, `pageshow`): a look that is too early does no harm.
  Verdict check(Milliseconds now) noexcept;

  /// How long from `now` until the next look; `Milliseconds::max()`: never. To be asked after `opened`, and after each
  /// `check` and what it called for.
  Milliseconds next_check(Milliseconds now) const noexcept;

 private:
  bool is_waiting() const noexcept { return is_waiting_ && deadline_ > Milliseconds::zero(); }

  Milliseconds interval_;
  Milliseconds deadline_;
  Milliseconds heard_{0};    // when the peer last gave a sign of life, or was last asked for one
  Milliseconds timed_{0};    // when the oldest ping without an answer was sent
  bool is_waiting_ = false;  // for a message, since a ping was sent
  bool is_timed_ = false;
  bool is_given_time_ = false;  // since a look was late
};

}  // namespace hawser::detail
