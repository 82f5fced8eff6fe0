#include <hawser/reconnect.hpp>

#include <algorithm>
#include <utility>

namespace hawser {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds none = milliseconds::zero();
constexpr milliseconds longest_delay{0x7fffffff};  // HTML §8.6: timers of browsers count in 32 bits

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

/// Takes `word`, in letters of any case, from the beginning of `text`.
bool take(std::string_view& text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  text.remove_prefix(word.size());
  return true;
}

void take_any_of(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

bool is_digit(char character) { return character >= '0' && character <= '9'; }

/// Whether a new attempt would fail before the network hears of it.
bool is_hopeless(Error error) {
  switch (error) {
    case Error::unsupported:
    case Error::invalid_url:
    case Error::url_too_long:
    case Error::invalid_protocol:
    case Error::invalid_timeout:
    case Error::blocked: return true;
    default: return false;
  }
}

Decision stop(StopReason why) { return {.reconnect = false, .why = why}; }

milliseconds least_delay(const CloseEvent& event, const ReconnectOptions& options) {
  if (options.retry_hint == RetryHint::in_reason) {
    if (const auto hint = retry_after(event.reason)) return std::min(*hint, options.max_retry_hint);
  }
  return event.code == close_code::try_again_later ? options.try_again_later : none;
}

}  // namespace

std::optional<milliseconds> retry_after(std::string_view reason) noexcept {
  take_any_of(reason, " ");
  if (take(reason, "retry")) {
    take_any_of(reason, " -_");
    if (!take(reason, "after")) return std::nullopt;
    take_any_of(reason, " :=");
  }
  if (reason.empty() || !is_digit(reason.front())) return std::nullopt;

  milliseconds::rep seconds = 0;
  for (; !reason.empty() && is_digit(reason.front()); reason.remove_prefix(1)) {
    seconds = std::min<milliseconds::rep>(seconds * 10 + (reason.front() - '0'), longest_delay.count());
  }

  take_any_of(reason, " ");
  if (take(reason, "s") && take(reason, "ec") && take(reason, "ond")) take(reason, "s");
  take_any_of(reason, " ");
  if (!reason.empty()) return std::nullopt;
  return std::min(milliseconds(seconds * 1000), longest_delay);
}

Decision decide(const CloseEvent& event, EndedBy by, const ReconnectOptions& options) noexcept {
  if (by == EndedBy::app) return stop(StopReason::closed_by_app);
  if (event.error && is_hopeless(*event.error)) return stop(StopReason::cannot_connect);
  if (event.error == Error::message_too_large || event.error == Error::inbox_overflow)
    return stop(StopReason::message_refused);
  if (event.code == close_code::policy_violation) return stop(StopReason::policy_violation);
  const auto& codes = options.final_codes;
  if (std::ranges::find(codes, event.code) != codes.end()) return stop(StopReason::final_code);
  return {.delay = std::clamp(least_delay(event, options), none, longest_delay)};
}

ReconnectPolicy::ReconnectPolicy(ReconnectOptions options) : options_(std::move(options)), backoff_(options_.backoff) {}

void ReconnectPolicy::start(milliseconds now) noexcept {
  backoff_.reset();
  tried_since_ = now;
}

Decision ReconnectPolicy::ended(const CloseEvent& event, EndedBy by, milliseconds uptime, milliseconds now,
                                double random) noexcept {
  return ended(decide(event, by, options_), uptime, now, random);
}

Decision ReconnectPolicy::ended(const Decision& decided, milliseconds uptime, milliseconds now,
                                double random) noexcept {
  const bool was_success = uptime > none && uptime >= options_.min_uptime;
  if (was_success) start(now);
  if (!decided.reconnect) return stop(decided.why == StopReason::none ? StopReason::decided_by_app : decided.why);
  if (attempt() >= options_.max_attempts) return stop(StopReason::too_many_attempts);

  const milliseconds delay =
      std::min(std::clamp(decided.delay, none, longest_delay) + backoff_.next(random), longest_delay);
  const milliseconds tried_for = std::max(now - tried_since_, none);
  if (delay > std::max(options_.give_up_after, none) - tried_for) return stop(StopReason::deadline);
  return {.delay = delay};
}

void ReconnectPolicy::paused(milliseconds duration) noexcept {
  tried_since_ += std::clamp(duration, none, longest_delay);
}

}  // namespace hawser
