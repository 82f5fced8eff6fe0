#include <emscripten/em_js.h>

#include <catch_amalgamated.hpp>

#include "server.hpp"

// An exit before the tests are over is no success, whatever its status: tests/support/program.mjs reads this.
// clang-format off
EM_JS(void, set_unfinished, (bool is_unfinished), { Module["isUnfinished"] = is_unfinished; });
// clang-format on

namespace {
std::string url;
}

std::string server(std::string_view path) { return url + std::string(path); }

int main(int count, char** arguments) {
  set_unfinished(true);
  Catch::Session session;
  session.cli(session.cli() | Catch::Clara::Opt(url, "url")["--server"]("where the test server is, ws://HOST:PORT"));
  int status = session.applyCommandLine(count, arguments);
  if (status == 0) status = session.run();
  set_unfinished(false);
  return status;
}
