// C++ for a page: JavaScript sees a coroutine that returns emscripten::val as an async function.
//
//   const { ask } = await load();
//   console.log(await ask("wss://example.org/oracle", "how far is the moon?"));

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;
using emscripten::val;

/// Return this to reject the page's promise.
val rejected(hawser::Error error) {
  const val why = val::global("Error").new_(std::string(hawser::describe(error)));
  return val::global("Promise").call<val>("reject", why);
}

val ask(std::string url, std::string question) {
  auto connection = co_await hawser::connect(url, {.connect_timeout = 5s});
  if (!connection) co_return rejected(connection.error());
  if (auto sent = co_await connection->send(question); !sent) co_return rejected(sent.error());
  auto answer = co_await connection->receive({.timeout = 5s});
  if (!answer) co_return rejected(answer.error().error);
  co_return val(std::string(answer->text()));
}

}  // namespace

EMSCRIPTEN_BINDINGS(promise) { emscripten::function("ask", ask); }
