// The library and the model of its rules (tests/model) on the same programs. tests/model/main.cpp plays many more of
// them at random; those on which they once differed are here.

#include <catch_amalgamated.hpp>

#include <algorithm>

#include "../model/compare.hpp"
#include "../model/generate.hpp"

namespace app = model::app;
using model::difference;
using model::Program;
using model::shrink;
using model::Step;

TEST_CASE("whatever app and engine do in whatever order, the library does what the model of its rules does") {
  const auto seed = GENERATE(range(1u, 11u));
  model::RandomChoices choices(seed);
  for (int i = 0; i < 200; ++i) {
    const Program program = model::generate(choices);
    if (difference(program).empty()) continue;
    const Program shortest = shrink(program, [](const Program& one) { return !difference(one).empty(); });
    FAIL(to_cpp(shortest) << difference(shortest));
  }
}

TEST_CASE("a program that fails by a move is made as short and plain as can be, and no longer") {
  int plays = 0;
  const Program shortest = shrink({app::open(2), app::move(2, 3), app::send(3, "text")}, [&](const Program& one) {
    const bool has_move = std::ranges::any_of(one, [](const auto& step) { return step.what == Step::What::app_move; });
    return has_move && ++plays < 1'000;
  });
  CHECK(shortest == Program{app::move(0, 1)});
  CHECK(plays < 1'000);
}
