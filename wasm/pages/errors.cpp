// Exports of both modules for their errors.

#include "errors.hpp"

#include <emscripten/emscripten.h>

#include "js_value.hpp"

using hawser::pages::return_text;

extern "C" {

EMSCRIPTEN_KEEPALIVE void page_describe(int error) {
  return_text(hawser::describe(static_cast<hawser::Error>(error)));
}

EMSCRIPTEN_KEEPALIVE void page_exception_name(int error) {
  return_text(hawser::pages::exception_name(static_cast<hawser::Error>(error)));
}

}  // extern "C"
