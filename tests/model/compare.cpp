#include "compare.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "generate.hpp"
#include "stage.hpp"

namespace model {

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// Replaces what cannot be printed.
std::string printable(const std::string& line) {
  constexpr std::size_t enough = 100;
  std::string text = line.substr(0, enough);
  for (char& c : text) c = c >= ' ' && c < 0x7f ? c : '?';
  if (line.size() > enough) text += "... (" + std::to_string(line.size()) + " bytes)";
  return text;
}

/// The lines up to where they differ, and then both versions.
std::string describe(const Lines& library, const Lines& expected) {
  const auto [left, right] = std::ranges::mismatch(library, expected);
  std::string text;
  for (auto line = library.begin(); line != left; ++line) text += "    " + printable(*line) + '\n';
  constexpr std::ptrdiff_t following = 4;
  const auto append = [&](const char* who, auto from, auto end) {
    text += std::string("  ") + who + '\n';
    for (auto line = from; line != end && line - from < following; ++line)
      text += "    " + printable(*line) + '\n';
  };
  append("and then hawser:", left, library.end());
  append("and then the model:", right, expected.end());
  return text;
}

bool is_of_engine(const Step& step) {
  return step.what == Step::What::when || step.what >= Step::What::engine_open;
}

void for_each_step(Program& program, const auto& does) {
  for (auto& step : program) {
    does(step);
    for_each_step(step.inside, does);
  }
}

/// Whether there was one to leave out. Counted in the order in which they are written.
bool leave_out_open(Program& program, int& nth) {
  for (auto step = program.begin(); step != program.end(); ++step) {
    if (step->what == Step::What::app_open && nth-- == 0) return program.erase(step), true;
    if (leave_out_open(step->inside, nth)) return true;
  }
  return false;
}

/// A single number for each step: with two candidates, each could replace the other, and shrinking
/// would never end.
std::int64_t plainest_number(const Step& step) {
  switch (step.what) {
    case Step::What::app_close:
    case Step::What::engine_close: return 1000;
    case Step::What::app_open: return 30'000;
    case Step::What::app_listen: return -1;
    case Step::What::app_move:
      return step.which == 0 ? 1 : 0;  // a move into itself is a separate case
    default: return 0;
  }
}

/// Leaves out steps and simplifies the others, as long as the program still fails.
class Shrinker {
 public:
  Shrinker(Program& whole, const std::function<bool(const Program&)>& fails)
      : whole_(whole), fails_(fails) {}

  bool shrink_once() {
    has_changed_ = false;
    leave_out_of(whole_);
    leave_out_opens();
    merge_variables();
    simplify_all_of(whole_);
    return has_changed_;
  }

 private:
  bool replace(auto& part, auto by) {
    auto before = std::exchange(part, std::move(by));
    if (part != before && fails_(whole_)) return has_changed_ = true;
    part = std::move(before);
    return false;
  }

  void leave_out_of(Program& list) {
    for (std::size_t size = std::max<std::size_t>(list.size() / 2, 1); !list.empty() && size > 0;
         size /= 2) {
      for (std::size_t from = list.size(); from > 0;) {
        from -= std::min(from, size);
        if (from >= list.size()) continue;
        Program without = list;
        const auto begin = without.begin() + static_cast<std::ptrdiff_t>(from);
        without.erase(begin,
                      begin + static_cast<std::ptrdiff_t>(std::min(size, list.size() - from)));
        replace(list, std::move(without));
      }
    }
    for (auto& step : list) leave_out_of(step.inside);
  }

  /// Leaving out an `open` changes the numbers of all later sockets.
  void leave_out_opens() {
    for (int nth = 0; nth < static_cast<int>(most_steps); ++nth) {
      for (int number = 0; number < static_cast<int>(most_steps); ++number) {
        Program without = whole_;
        int left = nth;
        if (!leave_out_open(without, left)) return;
        bool has_later = false;
        for_each_step(without, [&](Step& step) {
          if (!is_of_engine(step) || step.which <= number) return;
          --step.which;
          has_later = true;
        });
        if (!has_later || replace(whole_, std::move(without))) break;
      }
    }
  }

  void merge_variables() {
    for (int from = variables - 1; from > 0; --from) {
      for (int to = 0; to < from; ++to) {
        Program merged = whole_;
        for_each_step(merged, [&](Step& step) {
          if (!is_of_engine(step) && step.which == from) step.which = to;
        });
        if (replace(whole_, std::move(merged))) break;
      }
    }
  }

  void simplify_all_of(Program& list) {
    for (std::size_t i = 0; i < list.size(); ++i) simplify(list, i);
    for (auto& step : list) simplify_all_of(step.inside);
  }

  void simplify(Program& list, std::size_t index) {
    Step& step = list[index];
    const bool is_open = step.what == Step::What::app_open;
    replace(step.number, plainest_number(step));
    if (is_open) replace(step.other, std::int64_t{5'000});
    if (is_open) replace(step.size, std::int64_t{1'000'000});
    if (is_open) replace(step.text, std::string("ws://host/"));
    if (!is_open) shorten(step.text);
    shorten(step.more);
    if (step.what == Step::What::when) replace(step.flag, false);
    if (step.what == Step::What::engine_close) replace(step.flag, true);
    for (int lower = 0; lower < step.which; ++lower) {
      if (replace(step.which, lower)) break;
    }
  }

  void shorten(std::string& text) {
    if (text.empty() || replace(text, std::string())) return;
    replace(text, std::string("a"));
    while (text.size() > 1 && replace(text, text.substr(0, text.size() / 2))) {
    }
    for (std::size_t tries = 0;
         tries < 8 && text.size() > 1 && replace(text, text.substr(0, text.size() - 1)); ++tries) {
    }
  }

  Program& whole_;
  const std::function<bool(const Program&)>& fails_;
  bool has_changed_ = false;
};

}  // namespace

std::string difference(const Program& program) {
  const std::string library = Stage<RealBrowser, hawser::WebSocket>::play(program);
  const std::string expected = Stage<Browser, WebSocket>::play(program);
  return library == expected ? "" : describe(lines_of(library), lines_of(expected));
}

Program shrink(Program program, const std::function<bool(const Program&)>& fails) {
  Shrinker shrinker(program, fails);
  while (shrinker.shrink_once()) {
  }
  return program;
}

}  // namespace model
