// The options with which suite-sanitized changes the sanitizers' defaults, and a deliberate leak
// (other faults: ../unit/fault_test.cpp).

#include <catch_amalgamated.hpp>

#include <cstdlib>

// Catch2 and the standard library are not instrumented, so container annotations miss what they
// append.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=1:detect_container_overflow=0";
}

TEST_CASE("memory that is still allocated at the end is found", "[.leak]") {
  char* volatile bytes = static_cast<char*>(std::malloc(16));
  CHECK(bytes != nullptr);
}
