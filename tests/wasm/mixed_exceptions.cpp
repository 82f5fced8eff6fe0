// A program with WebAssembly exceptions, whose hawser is compiled without. A job still ends its
// task after a JavaScript exception, and an exception that a task throws at once is caught.

#include <emscripten/em_js.h>

#include <hawser/hawser.hpp>

#include <cstdio>
#include <optional>

using namespace std::chrono_literals;

extern "C" [[noreturn]] void throw_type_error();

namespace {

// clang-format off
EM_JS(void, throw_type_error, (), { throw new TypeError("on purpose"); });
// clang-format on

std::optional<hawser::Job> job;

hawser::Task<> throw_after_a_wait() {
  co_await hawser::sleep_for(1ms);
  throw_type_error();
}

hawser::Task<int> throw_at_once() {
  throw_type_error();
  co_return 1;
}

hawser::Task<> catch_at_once() {
  try {
    co_await throw_at_once();
  } catch (const hawser::JavaScriptError& error) {
    std::printf("at once: %s\n", error.what());
  }
}

hawser::Task<> catch_it() {
  try {
    co_await throw_after_a_wait();
  } catch (const hawser::JavaScriptError& error) {
    std::printf("caught: %s\n", error.what());
  }
}

struct Local {
  ~Local() { std::puts("destroyed"); }
};

hawser::Task<> continue_after_it() {
  const Local local;
  co_await catch_it();
  co_await hawser::sleep_for(1h);
}

hawser::Task<> end_the_job() {
  co_await catch_it();
  co_await hawser::sleep_for(100ms);
  job.reset();
  std::puts("the end");
}

}  // namespace

int main() {
  hawser::spawn(catch_at_once());
  job = hawser::start(continue_after_it());
  hawser::spawn(end_the_job());
}
