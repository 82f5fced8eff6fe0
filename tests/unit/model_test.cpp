// Runs the same programs on the library and on the model of its rules (tests/model).
// tests/model/main.cpp plays many more at random; the ones on which they once differed are here.

#include <catch_amalgamated.hpp>

#include <algorithm>

#include "../model/compare.hpp"
#include "../model/generate.hpp"

namespace app = model::app;
using model::difference;
using model::Program;
using model::shrink;
using model::Step;

TEST_CASE("in any order of calls and events, the library does what the model of its rules does") {
  const auto seed = GENERATE(range(1u, 11u));
  model::RandomChoices choices(seed);
  for (int i = 0; i < 200; ++i) {
    const Program program = model::generate(choices);
    if (difference(program).empty()) continue;
    const Program shortest =
        shrink(program, [](const Program& one) { return !difference(one).empty(); });
    FAIL(to_cpp(shortest) << difference(shortest));
  }
}

TEST_CASE("a failing program is reduced to the shortest and simplest one that still fails") {
  int plays = 0;
  const Program shortest =
      shrink({app::open(2), app::move(2, 3), app::send(3, "text")}, [&](const Program& one) {
        const bool has_move = std::ranges::any_of(
            one, [](const auto& step) { return step.what == Step::What::app_move; });
        return has_move && ++plays < 1'000;
      });
  CHECK(shortest == Program{app::move(0, 1)});
  CHECK(plays < 1'000);
}
