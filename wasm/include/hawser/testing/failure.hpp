#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <stdexcept>
#include <string>

namespace hawser::testing {

/// An expectation that was not met. Its `what()` contains the place, the expectation, and what
/// happened instead.
///
/// Catch2, GoogleTest and the standard library's handler for uncaught exceptions print it. A
/// program that is compiled without exceptions prints the same sentence, and aborts.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace hawser::testing

namespace hawser::testing::detail {

// Inline, because only the program that includes it knows whether it has exceptions.
[[noreturn]] inline void fail(const std::string& sentence, const std::source_location& where) {
  const auto text =
      std::string(where.file_name()) + ":" + std::to_string(where.line()) + ": " + sentence;
#if !defined(__cpp_exceptions) || (defined(__EMSCRIPTEN__) && !defined(__WASM_EXCEPTIONS__))
  // By default, Emscripten compiles exceptions, but aborts when one is thrown.
  std::fprintf(stderr, "%s\n", text.c_str());
#endif
#ifdef __cpp_exceptions
  throw Failure(text);
#else
  std::abort();
#endif
}

}  // namespace hawser::testing::detail
