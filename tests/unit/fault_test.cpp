// Deliberate faults. ctest runs each one alone, to test that the output names the case
// (run_alone.cpp).

#include <catch_amalgamated.hpp>

#include <climits>
#include <cstdlib>

TEST_CASE("a check that \"fails\" on purpose", "[.fails]") { CHECK(false); }

TEST_CASE("an abort on purpose", "[.aborts]") { std::abort(); }

TEST_CASE("a trap on purpose", "[.traps]") { __builtin_trap(); }

TEST_CASE("an exit on purpose", "[.exits]") { std::_Exit(EXIT_SUCCESS); }

TEST_CASE("an access beyond the end of an allocation is found", "[.overflow]") {
  char* volatile bytes = static_cast<char*>(std::malloc(16));
  bytes[16] = 1;
  std::free(bytes);
}

TEST_CASE("undefined behaviour is found", "[.undefined]") {
  volatile int most = INT_MAX;
  most = most + 1;
}
