#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <unwind.h>

#include <catch_amalgamated.hpp>

#include "server.hpp"

// An exit before the tests are over is a failure, whatever its status: tests/support/program.mjs
// reads this.
// clang-format off
EM_JS(void, set_unfinished, (bool is_unfinished), { Module["isUnfinished"] = is_unfinished; });
// clang-format on

namespace {
std::string url;
}

std::string server(std::string_view path) { return url + std::string(path); }

// clang-format off
EM_JS(void, free_caught_exceptions, (), {
  globalThis.hawserScript = globalThis.hawserScript || {};
  globalThis.hawserScript.onException = (exception) => {
    if (exception instanceof WebAssembly.Exception) _free_exception(exception.getArg(getCppExceptionTag(), 0));
  };
});
EM_JS_DEPS(main, "$getCppExceptionTag");
// clang-format on

/// A C++ exception that has reached JavaScript: nothing else would free it there.
extern "C" EMSCRIPTEN_KEEPALIVE void free_exception(_Unwind_Exception* exception) {
  _Unwind_DeleteException(exception);
}

int main(int count, char** arguments) {
  set_unfinished(true);
  free_caught_exceptions();
  Catch::Session session;
  session.cli(session.cli() | Catch::Clara::Opt(url, "url")["--server"](
                                  "where the test server is, ws://HOST:PORT"));
  int status = session.applyCommandLine(count, arguments);
  if (status == 0) status = session.run();
  set_unfinished(false);
  return status;
}
