#include "event_loop.hpp"

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>

#include <catch_amalgamated.hpp>

#include <exception>
#include <utility>

// clang-format off
EM_ASYNC_JS(void, next_turn, (), { await new Promise((resolve) => setTimeout(resolve, 1)); });
// clang-format on

namespace {

hawser::Task<> note_exception(hawser::Task<> task, std::exception_ptr& exception) {
  try {
    co_await std::move(task);
  } catch (...) {
    exception = std::current_exception();
  }
}

}  // namespace

void turn_event_loop() { next_turn(); }

double now() { return emscripten_get_now(); }

void run(hawser::Task<> task) {
  std::exception_ptr exception;
  const hawser::Job job = hawser::start(note_exception(std::move(task), exception));
  REQUIRE(wait_until([&] { return job.is_over(); }));
  if (exception) std::rethrow_exception(exception);
}
