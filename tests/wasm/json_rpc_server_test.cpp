// The JSON-RPC client of the examples, on this engine's own WebSocket and a real server.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <expected>
#include <string>
#include <utility>

#include "../../wasm/examples/json_rpc.hpp"
#include "event_loop.hpp"
#include "server.hpp"

using hawser::Error;
using hawser::Task;
using namespace std::chrono_literals;

namespace {

struct Client {
  hawser::Session session{server("/json-rpc"), {.reconnect = {.backoff = {.base = 1ms}}}};
  JsonRpc rpc{session};
};

}  // namespace

TEST_CASE("json_rpc on a server: calls get their replies, in whatever order they arrive",
          "[server]") {
  run([] -> Task<> {
    Client client;
    const auto [late, early] = co_await hawser::when_all(client.rpc.call("add-later", "[1, 2]", {}),
                                                         client.rpc.call("add", "[3, 4, 5]", {}));
    CHECK(late.value() == "3");
    CHECK(early.value() == "12");
    CHECK(client.rpc.pending() == 0);
  }());
}

TEST_CASE("json_rpc on a server: a server's error is returned unchanged", "[server]") {
  run([] -> Task<> {
    Client client;
    const auto result = co_await client.rpc.call("subtract", "[]", {});
    REQUIRE_FALSE(result);
    CHECK(json_member(result.error().from_server, "code") == "-32601");
  }());
}

TEST_CASE("json_rpc on a server: a call without a reply ends at its deadline", "[server]") {
  run([] -> Task<> {
    Client client;
    const auto result = co_await client.rpc.call("add-later", "[1]", {.timeout = 200ms});
    REQUIRE_FALSE(result);
    CHECK(result.error().error == Error::timed_out);
  }());
}

TEST_CASE("json_rpc on a server: a lost connection fails pending calls, and repeats safe ones",
          "[server]") {
  run([] -> Task<> {
    Client client;
    CHECK((co_await client.rpc.call("add", "[1]", {})).value() == "1");
    // The server reads nothing after the first of these.
    auto [lost, pending, safe] = co_await hawser::when_all(
        client.rpc.call("lose", "[]", {}), client.rpc.call("add-later", "[2]", {}),
        client.rpc.call("add", "[3]", {.is_safe = true}));
    REQUIRE_FALSE(lost);
    CHECK(lost.error().error == Error::connection_lost);
    REQUIRE_FALSE(pending);
    CHECK(pending.error().error == Error::connection_lost);
    CHECK(safe.value() == "3");
    CHECK((co_await client.rpc.call("add", "[4]", {})).value() == "4");
  }());
}
