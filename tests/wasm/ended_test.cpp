// After a program has ended, no event of its sockets reaches it.

#include <emscripten/em_js.h>

#include <catch_amalgamated.hpp>

#include <cstdlib>
#include <string>

#include "server.hpp"

namespace {

// clang-format off
// Runs the program of ended.cpp until its socket has ended. Returns how many events the program got
// before and after its own end, as "BEFORE AFTER".
EM_ASYNC_JS(char*, run_ended, (const char* how, const char* server), {
  let [before, after, hasEnded] = [0, 0, false];
  const setEnded = () => { hasEnded = true; };
  await new Promise(async (resolve) => {
    class WatchedWebSocket extends WebSocket {
      constructor(...args) {
        super(...args);
        this.addEventListener("close", () => setTimeout(resolve, 10)); // after the handlers, and anything they start
      }
    }
    const { default: start } = await import("./ended.mjs");
    await start({
      arguments: [UTF8ToString(how), UTF8ToString(server)],
      WebSocket: WatchedWebSocket,
      report: () => { hasEnded ? ++after : ++before; },
      onAbort: setEnded,
      onExit: setEnded,
      quit: (status, exception) => { throw exception; }, // does not end the process
    }).catch(() => {});
  });
  return stringToNewUTF8(`${before} ${after} ${hasEnded}`);
});
EM_JS_DEPS(ended_test, "$stringToNewUTF8,$UTF8ToString");
// clang-format on

std::string count_events(const char* how) {
  char* const text = run_ended(how, server("").c_str());
  std::string counts(text);
  std::free(text);
  return counts;
}

}  // namespace

TEST_CASE("a program that aborted in a handler gets no more events", "[server]") {
  CHECK(count_events("abort") == "2 0 true");
}

TEST_CASE("a program that exited in a handler gets no more events", "[server]") {
  CHECK(count_events("exit") == "2 0 true");
}

TEST_CASE(
    "a program whose main has returned ends when its last connection and its last wait have ended",
    "[server]") {
  CHECK(count_events("return") == "3 0 true");
}
