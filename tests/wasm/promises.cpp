// Rejected promises, in programs without WebAssembly exceptions: `settled` returns the error in all
// of them, and a program that catches exceptions can catch it. Exits with status 0 on success.

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>
#include <hawser/promise.hpp>

#include <cstdio>
#include <string>

using emscripten::val;

namespace {

// clang-format off
EM_JS(emscripten::EM_VAL, reject_later, (), {
  return Emval.toHandle(new Promise((resolve, reject) => setTimeout(() => reject(new RangeError("later")), 1)));
});
EM_JS_DEPS(promises, "$Emval");
// clang-format on

void check(bool is_so, const char* what) {
  if (is_so) return;
  std::printf("promises: %s\n", what);
  emscripten_force_exit(1);
}

#ifdef CATCHES
hawser::Task<> await_rejected() { co_await val::take_ownership(reject_later()); }

hawser::Task<bool> catches_rejection() {
  try {
    co_await await_rejected();
  } catch (const hawser::JavaScriptError& error) {
    co_return std::string(error.what()) == "RangeError: later";
  }
  co_return false;
}
#endif

hawser::Task<> await_all() {
  const auto settled = co_await hawser::settled(val::take_ownership(reject_later()));
  check(!settled && settled.error()["message"].as<std::string>() == "later",
        "settled does not return the error");
#ifdef CATCHES
  check(co_await catches_rejection(), "the rejection was not caught");
#endif
  std::puts("promises: all are settled");
  emscripten_force_exit(0);
}

}  // namespace

int main() { hawser::spawn(await_all()); }
