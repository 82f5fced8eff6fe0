// Errors as values: their numbers, names, sentences, and std::error_code. Also the names of the
// other enumerations.

#include <catch_amalgamated.hpp>
#include <hawser/error_code.hpp>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using hawser::Error;

namespace {

constexpr std::string_view unknown = "unknown";

std::vector<Error> every_error() {
  std::vector<Error> errors;
  for (int number = 0; number <= 255; ++number) {
    const auto error = static_cast<Error>(number);
    if (hawser::name(error) != unknown) errors.push_back(error);
  }
  return errors;
}

template <typename Enumeration>
std::vector<std::string> names(Enumeration last) {
  std::vector<std::string> all;
  for (int value = 0; value <= std::to_underlying(last) + 1; ++value)
    all.emplace_back(hawser::name(static_cast<Enumeration>(value)));
  return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the numbers of errors are stable, in groups with gaps") {
  STATIC_CHECK(std::to_underlying(Error::unsupported) == 1);
  STATIC_CHECK(std::to_underlying(Error::already_closed) == 13);
  STATIC_CHECK(std::to_underlying(Error::outbox_full) == 18);
  STATIC_CHECK(std::to_underlying(Error::cannot_block) == 19);
  STATIC_CHECK(std::to_underlying(Error::no_thread) == 20);
  STATIC_CHECK(std::to_underlying(Error::id_conflict) == 21);
  STATIC_CHECK(std::to_underlying(Error::timed_out) == 32);
  STATIC_CHECK(std::to_underlying(Error::unexpected_text) == 36);
  STATIC_CHECK(std::to_underlying(Error::closed) == 64);
  STATIC_CHECK(std::to_underlying(Error::inbox_overflow) == 71);
  CHECK(every_error().size() == 34);
}

TEST_CASE("every error has a name, and its own sentence") {
  std::vector<std::string_view> texts;
  for (const Error error : every_error()) {
    const std::string_view name = hawser::name(error);
    CHECK(std::ranges::all_of(
        name, [](char c) { return (c >= 'a' && c <= 'z') || c == '8' || c == '_'; }));
#if defined(__EMSCRIPTEN__) && !defined(__EMSCRIPTEN_PTHREADS__)
    if (error == Error::wrong_thread) continue;  // there is only one thread
#endif
    texts.emplace_back(hawser::describe(error));
    CHECK(texts.back().ends_with('.'));
  }
  std::ranges::sort(texts);
  CHECK(std::ranges::adjacent_find(texts) == texts.end());
  CHECK(std::ranges::find(texts, hawser::describe(Error{})) == texts.end());
}

TEST_CASE("the name of an error is its identifier, and a number that is no error has none") {
  CHECK(hawser::name(Error::connection_timed_out) == std::string("connection_timed_out"));
  CHECK(hawser::name(Error::closed) == std::string("closed"));
  CHECK(hawser::name(Error{}) == unknown);
  CHECK(hawser::name(static_cast<Error>(255)) == unknown);
}

TEST_CASE("name() also names the other enumerations that a program may log") {
  CHECK(names(hawser::ReadyState::closed) ==
        Names{"connecting", "open", "closing", "closed", "unknown"});
  CHECK(names(hawser::MessageType::binary) == Names{"text", "binary", "unknown"});
  CHECK(names(hawser::Delivery::dropped) == Names{"sent", "kept", "dropped", "unknown"});
  CHECK(names(hawser::SessionState::stopped) ==
        Names{"idle", "connecting", "open", "waiting", "stopped", "unknown"});
  CHECK(names(hawser::StopReason::message_refused) ==
        Names{"none", "closed_by_app", "policy_violation", "final_code", "cannot_connect",
              "too_many_attempts", "deadline", "decided_by_app", "message_refused", "unknown"});
  STATIC_CHECK(hawser::name(hawser::ReadyState::open)[0] == 'o');
}

TEST_CASE("an error becomes a std::error_code") {
  const std::error_code code = Error::connection_lost;
  CHECK(code == Error::connection_lost);
  CHECK(code != Error::connection_failed);
  CHECK(code.value() == 66);
  CHECK(&code.category() == &hawser::error_category());
  CHECK(code.category().name() == std::string("hawser"));
  CHECK(code.message() == hawser::describe(Error::connection_lost));
}

TEST_CASE("a std::error_code of hawser's compares with the portable conditions") {
  const auto condition = [](Error error) {
    return std::error_code(error).default_error_condition();
  };
  CHECK(condition(Error::timed_out) == std::errc::timed_out);
  CHECK(condition(Error::connection_timed_out) == std::errc::timed_out);
  CHECK(condition(Error::cancelled) == std::errc::operation_canceled);
  CHECK(condition(Error::would_block) == std::errc::operation_would_block);
  CHECK(condition(Error::connection_lost) == std::errc::connection_reset);
  CHECK(condition(Error::no_connection) == std::errc::not_connected);
  CHECK(condition(Error::out_of_memory) == std::errc::not_enough_memory);
  CHECK(condition(Error::invalid_url).category() == hawser::error_category());
}
