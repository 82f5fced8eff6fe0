// Connections for coroutines, on the scripted browser.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "scripted_browser.hpp"

using hawser::Connection;
using hawser::Error;
using hawser::Task;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

Task<> connect_to(std::optional<std::expected<Connection, Error>>& result, hawser::ConnectOptions options = {}) {
  result.emplace(co_await hawser::connect("ws://host/", std::move(options)));
}

/// A connection that is open, and the browser under it.
struct Connected {
  explicit Connected(hawser::ConnectOptions options = {}) {
    std::optional<std::expected<Connection, Error>> result;
    hawser::spawn(connect_to(result, std::move(options)));
    browser.open();
    connection = std::move(result.value().value());
  }

  ScriptedBrowser browser;
  Connection connection;
};

Task<> receive_all(Connection& connection, Lines& lines) {
  for (;;) {
    auto message = co_await connection.receive();
    if (!message) {
      lines.push_back("error " + std::string(hawser::describe(message.error().error)));
      co_return;
    }
    lines.emplace_back(message->text());
  }
}

}  // namespace

TEST_CASE("a coroutine connects, receives in a loop, and sees the end") {
  Connected connected;
  Lines lines;
  hawser::spawn(receive_all(connected.connection, lines));
  connected.browser.text("one");
  connected.browser.text("two");
  connected.browser.close(1000, "done");
  CHECK(lines == Lines{"one", "two", "error The connection has ended. Open another one."});
}
