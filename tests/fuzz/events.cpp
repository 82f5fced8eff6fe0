// Fuzzes hawser with programs of an app and an engine, and compares it with the model of its rules
// (tests/model). `build/native/tests/model FILE` shrinks a finding.

#include "../model/compare.hpp"
#include "../model/generate.hpp"
#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  model::ByteChoices choices({data, size});
  const model::Program program = model::generate(choices);
  const std::string difference = model::difference(program);
  if (difference.empty()) return 0;
  std::fprintf(stderr, "%s\n%s", model::to_cpp(program).c_str(), difference.c_str());
  std::abort();
}
