#include "event_loop.hpp"

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>

#include <catch_amalgamated.hpp>

#include <coroutine>
#include <exception>
#include <utility>

// clang-format off
EM_ASYNC_JS(void, next_turn, (), { await new Promise((resolve) => setTimeout(resolve, 1)); });
// clang-format on

namespace {

/// A coroutine that its owner destroys, done or not.
class Running {
 public:
  struct promise_type {
    Running get_return_object() { return Running(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { exception = std::current_exception(); }
    std::exception_ptr exception;
  };

  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { coroutine_.destroy(); }

  bool is_done() const { return coroutine_.done(); }
  std::exception_ptr exception() const { return coroutine_.promise().exception; }

 private:
  explicit Running(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
  std::coroutine_handle<promise_type> coroutine_;
};

Running begin(hawser::Task<> task) { co_await task; }

}  // namespace

void turn_event_loop() { next_turn(); }

double now() { return emscripten_get_now(); }

void run(hawser::Task<> task) {
  const Running running = begin(std::move(task));
  REQUIRE(wait_until([&] { return running.is_done(); }));
  if (running.exception()) std::rethrow_exception(running.exception());
}
