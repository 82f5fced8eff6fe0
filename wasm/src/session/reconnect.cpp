#include <hawser/reconnect.hpp>

#include <algorithm>

#include <hawser/detail/longest_timer.hpp>

#include "../socket/ascii.hpp"

namespace hawser {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds none = milliseconds::zero();
constexpr milliseconds longest_delay = detail::longest_timer;

/// Removes `word` from the beginning of `text`, ignoring case.
bool take(std::string_view& text, std::string_view word) {
  if (!detail::starts_with_ignoring_case(text, word)) return false;
  text.remove_prefix(word.size());
  return true;
}

void take_any_of(std::string_view& text, std::string_view characters) {
  // Loops take a tenth of the code of find_first_not_of.
  const auto is_one = [characters](char character) {
    for (const char one : characters) {
      if (one == character) return true;
    }
    return false;
  };
  while (!text.empty() && is_one(text.front())) text.remove_prefix(1);
}

bool is_digit(char character) { return character >= '0' && character <= '9'; }

/// Whether a retry would fail in the same way, before it reaches the network.
bool would_fail_again(Error error) {
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
    seconds =
        std::min<milliseconds::rep>(seconds * 10 + (reason.front() - '0'), longest_delay.count());
  }

  take_any_of(reason, " ");
  if (take(reason, "s") && take(reason, "ec") && take(reason, "ond")) take(reason, "s");
  take_any_of(reason, " ");
  if (!reason.empty()) return std::nullopt;
  return std::min(milliseconds(seconds * 1000), longest_delay);
}

Decision decide(const CloseEvent& event, EndedBy by, const ReconnectOptions& options) noexcept {
  if (by == EndedBy::app) return Decision::stop(StopReason::closed_by_app);
  if (event.error && would_fail_again(*event.error))
    return Decision::stop(StopReason::cannot_connect);
  if (event.error == Error::message_too_large || event.error == Error::inbox_overflow)
    return Decision::stop(StopReason::message_refused);
  if (event.code == close_code::policy_violation)
    return Decision::stop(StopReason::policy_violation);
  const auto& codes = options.final_codes;
  if (std::ranges::find(codes, event.code) != codes.end())
    return Decision::stop(StopReason::final_code);
  return {.delay = std::clamp(least_delay(event, options), none, longest_delay)};
}

}  // namespace hawser
