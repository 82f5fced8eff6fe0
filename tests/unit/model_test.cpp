// The library and the model of its rules (tests/model) on the same programs. tests/model/main.cpp plays many more of
// them at random; those on which they once differed are here.

#include <catch_amalgamated.hpp>

#include "../model/compare.hpp"
#include "../model/generate.hpp"

using model::difference;
using model::Program;

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
