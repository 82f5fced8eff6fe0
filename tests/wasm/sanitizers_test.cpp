// What the sanitizers of suite-sanitized do otherwise than by default, and a leak on purpose (other faults:
// ../unit/fault_test.cpp).

#include <catch_amalgamated.hpp>

#include <cstdlib>

// Catch2 and the standard library are not instrumented: what they append to a container, its annotations do not know.
extern "C" const char* __asan_default_options() { return "detect_leaks=1:detect_container_overflow=0"; }

TEST_CASE("what nobody has freed at the end is found", "[.leak]") {
  char* volatile bytes = static_cast<char*>(std::malloc(16));
  CHECK(bytes != nullptr);
}
