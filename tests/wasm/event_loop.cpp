#include "event_loop.hpp"

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>

EM_ASYNC_JS(void, next_turn, (), { await new Promise((resolve) => setTimeout(resolve, 1)); });

void turn_event_loop() { next_turn(); }

double now() { return emscripten_get_now(); }
