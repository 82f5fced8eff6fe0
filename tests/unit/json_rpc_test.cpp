// The JSON-RPC client of the examples, tested as its users would test theirs.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>
#include <hawser/testing/browser.hpp>

#include <chrono>
#include <optional>
#include <string>

#include "../../wasm/examples/json_rpc.hpp"

using hawser::testing::Browser;
using hawser::testing::Peer;
using namespace std::chrono_literals;

namespace {

using Result = std::expected<std::string, JsonRpc::Failure>;

/// A connected client, and the result of its last call.
struct Client {
  Client() : peer(browser.expect_connection()) { peer.accept(); }

  void call(JsonRpc::Options options = {}) {
    hawser::spawn([](Client& self, JsonRpc::Options wanted) -> hawser::Task<> {
      self.result = co_await self.rpc.call("add", "[1, 2]", wanted);
    }(*this, options));
  }

  Browser browser;
  hawser::Session session{"wss://example.org/rpc",
                          {.reconnect = {.backoff = {.base = 1s, .jitter = hawser::Jitter::none}}}};
  JsonRpc rpc{session};
  Peer peer;
  std::optional<Result> result;
};

constexpr auto first_request = R"({"jsonrpc":"2.0","id":1,"method":"add","params":[1, 2]})";
constexpr auto second_request = R"({"jsonrpc":"2.0","id":2,"method":"add","params":[1, 2]})";

}  // namespace

TEST_CASE("json_rpc: a member of an object is found, whatever surrounds it") {
  CHECK(json_member(R"({"id":7,"result":{"id":8,"list":[1,"]}\"",{}]}})", "id") == "7");
  CHECK(json_member(R"({"id":7,"result":{"id":8,"list":[1,"]}\"",{}]}})", "result") ==
        R"({"id":8,"list":[1,"]}\"",{}]})");
  CHECK(json_member(R"({"a\"b":1,"result":"x,y"})", "result") == R"("x,y")");
  CHECK(json_member(R"({"id":7})", "result").empty());
  CHECK(json_member("", "id").empty());
  CHECK(json_member(R"({"id)", "id").empty());
}

TEST_CASE("json_rpc: replies in any order reach their calls") {
  Client client;
  client.call();
  std::optional<Result> second;
  hawser::spawn([](JsonRpc& rpc, std::optional<Result>& into) -> hawser::Task<> {
    into = co_await rpc.call("add", "[1, 2]", {});
  }(client.rpc, second));
  client.peer.expect_text(first_request);
  client.peer.expect_text(second_request);
  client.peer.send(R"({"jsonrpc":"2.0","id":2,"result":"two"})");
  client.peer.send(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601}})");
  client.browser.run_until_idle();
  CHECK(second.value().value() == R"("two")");
  CHECK(client.result.value().error().from_server == R"({"code":-32601})");
  CHECK(client.rpc.pending() == 0);
}

TEST_CASE("json_rpc: a call ends at its deadline, and its late reply is ignored") {
  Client client;
  client.call({.timeout = 5s});
  client.browser.advance(4999ms);
  CHECK_FALSE(client.result);
  client.browser.advance(1ms);
  CHECK(client.result.value().error().error == hawser::Error::timed_out);
  client.peer.send(R"({"jsonrpc":"2.0","id":1,"result":3})");
  client.browser.run_until_idle();
  CHECK(client.rpc.pending() == 0);
}

TEST_CASE("json_rpc: when the connection is lost, all calls that were sent fail") {
  Client client;
  client.call();
  client.peer.expect_text(first_request);
  client.peer.cut();
  client.browser.run_until_idle();
  CHECK(client.result.value().error().error == hawser::Error::connection_lost);
}

TEST_CASE("json_rpc: a safe call is sent again on the next connection") {
  Client client;
  client.call({.is_safe = true});
  client.peer.expect_text(first_request);
  client.peer.cut();
  client.browser.advance(1s);
  auto next = client.browser.expect_connection();
  next.accept();
  next.expect_text(second_request);
  next.send(R"({"jsonrpc":"2.0","id":2,"result":3})");
  client.browser.run_until_idle();
  CHECK(client.result.value().value() == "3");
}

TEST_CASE("json_rpc: a call without a connection waits for one") {
  Client client;
  client.peer.cut();
  client.call();
  client.browser.advance(1s);
  client.browser.expect_connection().refuse();
  client.browser.advance(2s);
  auto next = client.browser.expect_connection();
  next.accept();
  next.expect_text(first_request);
  next.send(R"({"jsonrpc":"2.0","id":1,"result":3})");
  client.browser.run_until_idle();
  CHECK(client.result.value().value() == "3");
}

TEST_CASE("json_rpc: a call on a session that has stopped fails at once") {
  Client client;
  CHECK(client.session.close());
  client.call();
  client.browser.run_until_idle();
  CHECK(client.result.value().error().error == hawser::Error::already_closed);
}
