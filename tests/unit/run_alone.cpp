// Prints the command that runs a failed test case alone, and names the case in which the program
// crashed.

#include <catch_amalgamated.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#ifdef __EMSCRIPTEN__
#include <emscripten/em_js.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZERS 1
#elif defined(__has_feature)
#define HAS_SANITIZERS __has_feature(address_sanitizer)
#endif
#if HAS_SANITIZERS
#include <sanitizer/common_interface_defs.h>
#endif

#if HAS_SANITIZERS && !defined(__clang__)
// GCC's sanitizer for undefined behaviour is a separate library, which ignores other sanitizers'
// death callbacks. Aborting raises a signal, which Catch2 and this file can handle.
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1"; }
#endif

#ifdef __EMSCRIPTEN__
// A trap ends the program at once: tests/support/program.mjs prints this instead.
// clang-format off
EM_JS(void, keep_for_crash, (const char* text), { Module["ifCrashed"] = UTF8ToString(text); });
EM_JS(char*, find_run_alone_command, (), { return stringToNewUTF8(Module["runAlone"]); });
EM_JS_DEPS(run_alone, "$UTF8ToString,$stringToNewUTF8");
// clang-format on
#endif

namespace {

/// Prepared when a case starts: after a crash there may be no memory for it.
std::string if_crashed;

void set_if_crashed(std::string text) {
  if_crashed = std::move(text);
#ifdef __EMSCRIPTEN__
  keep_for_crash(if_crashed.c_str());
#endif
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"') quoted += '\\';
    quoted += character;
  }
  return quoted + '"';
}

/// The command that runs one case, without the case's name.
std::string run_alone_command() {
#ifdef __EMSCRIPTEN__
  char* const text = find_run_alone_command();
  std::string command(text);
  std::free(text);
  return command;
#else
  return "npm test -- --only unit";
#endif
}

std::string run_alone(const Catch::TestCaseInfo& info) {
  return "Run it alone: " + run_alone_command() + ' ' + in_quotes(info.name) + '\n';
}

class RunAlone : public Catch::EventListenerBase {
 public:
  using EventListenerBase::EventListenerBase;

  void testRunStarting(const Catch::TestRunInfo&) override {
#if HAS_SANITIZERS
    __sanitizer_set_death_callback([] { std::fputs(if_crashed.c_str(), stderr); });
#endif
  }

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    set_if_crashed("The program ended during " + in_quotes(info.name) + ".\n" + run_alone(info));
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    set_if_crashed("");
    if (stats.totals.testCases.failed > 0) std::cout << run_alone(*stats.testInfo) << std::endl;
  }
};

CATCH_REGISTER_LISTENER(RunAlone)

}  // namespace
