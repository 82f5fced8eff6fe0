#include "event_loop.hpp"

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>

// clang-format off
EM_ASYNC_JS(void, next_turn, (), { await new Promise((resolve) => setTimeout(resolve, 1)); });
// clang-format on

void turn_event_loop() { next_turn(); }

double now() { return emscripten_get_now(); }
