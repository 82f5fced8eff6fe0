// The version macros, for the preprocessor and for people.

#include <catch_amalgamated.hpp>
#include <hawser/version.hpp>

#include <string>

#if HAWSER_VERSION < 200
#error "the version can be compared by the preprocessor"
#endif

TEST_CASE("the version as a number and as a string consists of its parts") {
  STATIC_CHECK(HAWSER_VERSION ==
               HAWSER_VERSION_MAJOR * 10'000 + HAWSER_VERSION_MINOR * 100 + HAWSER_VERSION_PATCH);
  const auto parts = std::to_string(HAWSER_VERSION_MAJOR) + "." +
                     std::to_string(HAWSER_VERSION_MINOR) + "." +
                     std::to_string(HAWSER_VERSION_PATCH);
  CHECK(parts == HAWSER_VERSION_STRING);
}
