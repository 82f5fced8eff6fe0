// A program with WebAssembly's exceptions, whose hawser is compiled without: a job still ends its task
// after a JavaScript exception.

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
  job = hawser::start(continue_after_it());
  hawser::spawn(end_the_job());
}
