#include "generate.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace model {

namespace {

/// The pieces of generated text. Only apps try to send the invalid ones, which come last.
constexpr std::string_view pieces[] = {
    "a",      "text", {"\0", 1}, "\u00e9",   "\u20ac",       "\U0001F680", "\ufeff",
    "\uffff", "\xff", "\xc3",    "\xe2\x82", "\xed\xa0\x80", "\xc0\x80",   "\xf4\x90\x80\x80"};
constexpr std::uint32_t valid_pieces = 8;
constexpr std::uint32_t counts[] = {1, 1, 2, 7, 8, 15, 31, 32, 41, 61, 100, 500};

constexpr int codes_of_app[] = {1000, 1000, 3000, 4999, 1001, 999, 2999, 5000, 0, 66536, -1};
constexpr int codes_of_engine[] = {1000, 1001, 1005, 1006, 1006, 1006, 1009, 1015, 3000, 4999, 0};
constexpr std::int64_t durations[] = {0, 0, 1, 49, 50, 51, 99, 100, 101, 1'000, 30'000, 100'000};
constexpr std::int64_t timeouts[] = {30'000, 5'000, 100, 50, 1, 0x7fffffff, 0x80000000, 0, -1};
constexpr std::int64_t sizes[] = {0, 1, 31, 96, 1'000, 1'023, 1'024, 59'999, 60'000};
constexpr std::int64_t amounts[] = {0, 1, 1000, 0xffffffff, std::int64_t{1} << 53};

/// The probable state of an engine's socket: a guess, since steps inside handlers may never run.
enum class Phase : std::uint8_t { connecting, open, closing, over };

class Generator {
 public:
  explicit Generator(Choices& choices) : choices_(choices) {}

  Program program() {
    Program steps;
    const std::size_t length = 3 + below(most_steps - 2);
    steps.push_back(open());
    while (steps.size() < length && !choices_.is_over()) steps.push_back(step(0));
    return steps;
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return choices_.below(bound); }
  bool one_in(std::uint32_t times) { return below(times) == times - 1; }
  auto any_of(const auto& table) {
    return table[below(static_cast<std::uint32_t>(std::size(table)))];
  }

  /// Usually one with a live connection.
  int variable() {
    const int first = static_cast<int>(below(variables));
    if (one_in(8)) return first;
    for (int i = 0; i < variables; ++i) {
      const int candidate = (first + i) % variables;
      if (held_[index(candidate)] >= 0 && phase_of(held_[index(candidate)]) != Phase::over)
        return candidate;
    }
    return first;
  }

  /// Usually a live one.
  int socket() {
    if (phases_.empty()) return 0;
    const int count = static_cast<int>(phases_.size());
    const int first = static_cast<int>(below(static_cast<std::uint32_t>(count)));
    if (one_in(8)) return first;
    for (int i = 0; i < count; ++i) {
      const int candidate = (first + count - i) % count;
      if (phases_[index(candidate)] != Phase::over) return candidate;
    }
    return first;
  }

  static std::size_t index(int number) { return static_cast<std::size_t>(number); }
  Phase phase_of(int socket) const {
    return index(socket) < phases_.size() ? phases_[index(socket)] : Phase::over;
  }
  void becomes(int socket, Phase phase) {
    if (index(socket) < phases_.size() && phases_[index(socket)] < phase)
      phases_[index(socket)] = phase;
  }

  std::string text(std::uint32_t kinds) {
    std::string text;
    for (auto parts = below(4); parts > 0; --parts)
      text += times(any_of(counts), pieces[below(kinds)]);
    return text;
  }
  std::string valid_text() { return text(valid_pieces); }
  std::string any_text() {
    return text(one_in(4) ? static_cast<std::uint32_t>(std::size(pieces)) : valid_pieces);
  }
  std::string reason() {
    return times(below(64), pieces[one_in(8) ? below(std::size(pieces)) : below(valid_pieces)]);
  }
  /// A peer's reason, which fits into a frame.
  std::string valid_reason() { return times(below(4) * 10, pieces[below(valid_pieces)]); }

  Step step(int depth) {
    const bool has_live = std::ranges::any_of(
        held_, [&](int socket) { return socket >= 0 && phase_of(socket) != Phase::over; });
    if (!has_live && one_in(2)) return open();
    if (below(4) == 0) return when_something(depth);
    return below(3) == 0 ? app_step() : engine_step(depth);
  }

  Step when_something(int depth) {
    const int which = socket();
    const auto earliest = phase_of(which) == Phase::connecting ? 0u
                          : phase_of(which) == Phase::open     ? 1u
                                                               : 2u;
    const auto on = static_cast<On>(earliest + below(4 - earliest));
    Program steps;
    if (depth < 3) {
      for (auto count = below(4); count > 0; --count) steps.push_back(step(depth + 1));
    }
    return when(which, on, std::move(steps), one_in(4) ? Throws::yes : Throws::no);
  }

  Step open() {
    const int into = variable();
    const bool is_usual = !one_in(4);
    constexpr const char* urls[] = {"ws://host/", "wss://user@[::1]:8443/path?query", "http:/host",
                                    "ws://host/#part"};
    constexpr const char* protocols[] = {"", "soap", "v2.feed,v1.feed", "soap,soap", "a b"};
    const std::string url = is_usual ? urls[0] : any_of(urls);
    const std::string protocol = is_usual || one_in(2) ? protocols[0] : any_of(protocols);
    const auto connect_timeout = is_usual || one_in(2) ? timeouts[0] : any_of(timeouts);
    const auto close_timeout = is_usual && one_in(2) ? timeouts[2]
                               : is_usual            ? timeouts[1]
                                                     : any_of(timeouts);
    const bool is_refused = constructor_throws_ || url.starts_with("http") ||
                            url.ends_with("#part") || protocol == "soap,soap" ||
                            protocol == "a b" || connect_timeout <= 0 || close_timeout <= 0;
    if (!is_refused) {
      leaves(into);
      held_[index(into)] = static_cast<int>(phases_.size());
      phases_.push_back(Phase::connecting);
    }
    const std::int64_t max_message_size = one_in(4) ? any_of(sizes) : 1'000'000;
    return app::open(into, url, protocol, connect_timeout, close_timeout, max_message_size);
  }

  void leaves(int variable) {
    const int number = std::exchange(held_[index(variable)], -1);
    if (number >= 0) becomes(number, Phase::over);
  }

  Step app_step() {
    const int which = variable();
    const auto on = static_cast<On>(below(4));
    switch (below(20)) {
      case 0:
      case 1: return open();
      case 2: return leaves(which), app::destroy(which);
      case 3: return held_[index(which)] = -1, app::drop(which);
      case 4: return move(which, variable());
      case 5: return app::listen(which, on, variable());
      case 6: return app::listen(which, on, which);
      case 7: return app::listen(which, on);
      case 8: return app::ignore(which, on);
      case 9: return app::drop_and_ignore(which, on);
      case 10:
      case 11: return app::send_binary(which, any_text());
      case 12:
      case 13: return app::send(which, any_text());
      case 14: return app::close(which, any_of(codes_of_app), reason());
      case 15:
      case 16:
        if (held_[index(which)] >= 0) becomes(held_[index(which)], Phase::closing);
        return app::close(which);
      default: return app::ask(which);
    }
  }

  Step move(int from, int to) {
    if (from != to) {
      leaves(to);
      held_[index(to)] = std::exchange(held_[index(from)], -1);
    }
    return app::move(from, to);
  }

  Step engine_step(int depth) {
    // No timer fires while a handler is busy.
    if (one_in(5))
      return depth == 0 && one_in(4) ? stall(any_of(durations)) : advance(any_of(durations));
    if (one_in(8)) return misbehaviour();
    const int which = socket();
    if (one_in(6)) return any_event(which);
    switch (phase_of(which)) {
      case Phase::connecting: return one_in(4) ? end(which) : opens(which);
      case Phase::open: return one_in(4) ? end(which) : message(which);
      case Phase::closing: return one_in(4) ? message(which) : end(which);
      default: return any_event(which);
    }
  }

  Step any_event(int which) {
    switch (below(8)) {
      case 0: return opens(which);
      case 1: return message(which);
      case 2: return engine::buffered_amount(which, any_of(amounts));
      case 3: return becomes(which, Phase::closing), engine::begin_closing(which);
      case 4: return becomes(which, Phase::over), engine::text_without_memory(which);
      default: return end(which);
    }
  }

  Step opens(int which) {
    becomes(which, Phase::open);
    return one_in(4) ? engine::open(which, "soap", "permessage-deflate") : engine::open(which);
  }

  Step message(int which) {
    // Sizes around the library's smallest buffer.
    if (one_in(8)) return engine::text(which, times(1023 + below(4), "a"));
    return one_in(3) ? engine::binary(which, any_text()) : engine::text(which, valid_text());
  }

  Step end(int which) {
    if (one_in(3)) return becomes(which, Phase::closing), engine::error(which);
    becomes(which, Phase::over);
    if (one_in(3)) return engine::close(which, 1006, "", false);
    return engine::close(which, any_of(codes_of_engine), valid_reason(), !one_in(4));
  }

  Step misbehaviour() {
    constexpr const char* names[] = {"SyntaxError", "SecurityError", "DataCloneError"};
    if (std::exchange(misbehaves_, !misbehaves_))
      return constructor_throws_ = false, engine::behave();
    switch (below(6)) {
      case 0: return engine::throw_from_send();
      case 1: return engine::throw_from_close();
      case 2: return engine::end_inside_close();
      case 3: return engine::fail_inside_close();
      case 4: return engine::end_inside_send();
      default: return constructor_throws_ = true, engine::throw_from_constructor(any_of(names));
    }
  }

  Choices& choices_;
  std::array<int, variables> held_ = {-1, -1, -1, -1};  // the engine's socket in each variable
  std::vector<Phase> phases_;
  bool misbehaves_ = false;
  bool constructor_throws_ = false;
};

}  // namespace

Program generate(Choices& choices) { return Generator(choices).program(); }

}  // namespace model
