// The NATS client of the examples, and its parser.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>
#include <hawser/testing/browser.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "../../wasm/examples/nats.hpp"

using hawser::testing::Browser;
using hawser::testing::Peer;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Lines = std::vector<std::string>;

namespace {

/// An operation in words; "incomplete", or the error.
std::string next(NatsParser& parser) {
  const auto operation = parser.next();
  if (!operation) return operation.error();
  if (!*operation) return "incomplete";
  const auto& [kind, text, sid, message] = **operation;
  switch (kind) {
    case NatsOperation::Kind::info: return "info " + text;
    case NatsOperation::Kind::ping: return "ping";
    case NatsOperation::Kind::pong: return "pong";
    case NatsOperation::Kind::ok: return "ok";
    case NatsOperation::Kind::error: return "error " + text;
    case NatsOperation::Kind::message: break;
  }
  return std::to_string(sid) + " " + message.subject + " [" + message.reply + "] " +
         message.payload;
}

std::string only(std::string_view bytes) {
  NatsParser parser;
  parser.feed(bytes);
  return next(parser);
}

std::string text_of(const hawser::OwnedMessage& message) {
  CHECK_FALSE(message.is_text());
  return std::string(message.text());
}

/// All that a peer has received.
std::string received(Browser& browser, Peer& peer) {
  browser.run_until_idle();
  std::string all;
  while (auto message = peer.try_receive()) all += text_of(*message);
  return all;
}

void say(Peer& peer, std::string_view text) { peer.send(std::as_bytes(std::span(text))); }

constexpr auto info = "INFO {\"server_id\":\"x\",\"max_payload\":1024}\r\n";
constexpr auto greeting =
    "CONNECT "
    "{\"verbose\":false,\"pedantic\":false,\"protocol\":1,\"lang\":\"C++\",\"version\":\"0.2\","
    "\"name\":\"hawser\",\"user\":\"ada\",\"pass\":\"pass\\\"word\"}\r\n";

/// A client, the server's end of its connection, and the results of its calls.
struct Client {
  Client() : peer(browser.expect_connection("ws://example.org/")) {}

  NatsClient::Options options() {
    return {.user = "ada",
            .password = "pass\"word",
            .ping_interval = 30s,
            .on_error = [this](const std::string& error) { said.push_back(error); },
            .stream = {.first_delay = 1s, .longest_delay = 4s, .timeout = 10s}};
  }

  /// Has the server accept the client.
  std::string greet(std::string_view with = info) {
    peer.accept();
    say(peer, with);
    auto all = received(browser, peer);
    say(peer, "PONG\r\n");
    browser.run_until_idle();
    return all;
  }

  /// Loses the connection. The next one opens after the longest delay at the latest.
  void reconnect() {
    peer.cut();
    browser.advance(4s);
    peer = browser.expect_connection();
  }

  template <typename Value>
  void keep(hawser::Task<Result<Value>> task) {
    hawser::spawn([](Client& self, hawser::Task<Result<Value>> awaited) -> hawser::Task<> {
      const auto result = co_await std::move(awaited);
      self.said.push_back(result ? "done" : result.error());
    }(*this, std::move(task)));
    browser.run_until_idle();
  }

  Lines take() {
    browser.run_until_idle();
    return std::exchange(said, {});
  }

  Lines said;  // first, since the browser's end resumes coroutines that write to it
  Browser browser;
  NatsClient nats{"ws://example.org/", options()};
  Peer peer;
};

}  // namespace

TEST_CASE("nats: operations are parsed, however their bytes are split") {
  const std::string bytes =
      "INFO {\"max_payload\":5}\r\nMSG a.b 7 5\r\nx\r\ny\0\r\nPING\r\nMSG a 8\t re.ply  "
      "0\r\n\r\nPONG\r\n+OK\r\n"
      "-ERR 'Stale Connection'\r\n"s;
  const Lines expected{
      "info {\"max_payload\":5}", "7 a.b [] x\r\ny\0"s, "ping", "8 a [re.ply] ", "pong", "ok",
      "error Stale Connection"};
  const auto size = GENERATE(as<std::size_t>(), 1, 2, 3, 7, 1000);
  NatsParser parser;
  Lines lines;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    parser.feed(std::string_view(bytes).substr(at, size));
    for (auto line = next(parser); line != "incomplete"; line = next(parser)) lines.push_back(line);
  }
  CHECK(lines == expected);
}

TEST_CASE("nats: bytes that are not NATS are refused with a sentence that shows them") {
  CHECK(only("HTTP/1.1 400 Bad Request\r\n\r\n") ==
        "The server does not speak NATS: it sent an unknown operation, \"HTTP/1.1 400 Bad "
        "Request\".");
  CHECK(only("\r\n") == "The server does not speak NATS: it sent an unknown operation, \"\".");
  CHECK(only("\xff\x01PING\r\n") ==
        "The server does not speak NATS: it sent an unknown operation, \"??PING\".");
  CHECK(only(std::string(NatsParser::max_line + 1, 'x')).contains("an endless line, \"xxx"));
  CHECK(only(std::string(NatsParser::max_line, 'x')) == "incomplete");
  for (const char* header : {"MSG", "MSG a 1", "MSG a 1 b 2 3", "MSG a x 1", "MSG a 1 -1",
                             "MSG a 1 1x", "MSG a 1 b", "MSG a 1 99999999999999999999"}) {
    CHECK(only(std::string(header) + "\r\n").contains("a message with a wrong header, \"MSG"));
  }
  CHECK(only("MSG a 1 67108865\r\n").contains("a message that is too large"));
  CHECK(only("MSG a 1 67108864\r\n") == "incomplete");
  CHECK(only("MSG a 1 2\r\nabc\r\n").contains("a message whose size differs from its header"));
  CHECK(only("MSG a 1 2\r\nab\r") == "incomplete");
}

TEST_CASE("nats: a subject with a space, a misplaced wildcard, or an empty part is refused") {
  CHECK(is_nats_subject("a.b-c.1", false));
  CHECK(is_nats_subject("a.*.>", true));
  for (const char* subject : {"", "a b", "a\r\nPUB b 0", "a..b", ".a", "a.", "a\t", "\x7f"}) {
    CHECK_FALSE(is_nats_subject(subject, true));
  }
  CHECK_FALSE(is_nats_subject("a.*", false));
  CHECK_FALSE(is_nats_subject("a.>", false));
}

TEST_CASE("nats: the server's greeting is answered with the name and the password, as JSON") {
  Client client;
  client.keep(client.nats.connected({.timeout = 5s}));
  CHECK(client.greet() == greeting + "PING\r\n"s);
  CHECK(client.take() == Lines{"done"});
  CHECK(client.nats.connections() == 1);
}

TEST_CASE("nats: a message is published once the connection is open") {
  Client client;
  client.keep(client.nats.publish("a", "hello", "b"));
  client.keep(client.nats.publish("a.c", ""));
  CHECK(client.greet() == greeting + "PING\r\n"s);
  CHECK(received(client.browser, client.peer) == "PUB a b 5\r\nhello\r\nPUB a.c 0\r\n\r\n");
  CHECK(client.take() == Lines{"done", "done"});
}

TEST_CASE("nats: a message that cannot be published is refused, and nothing is sent") {
  Client client;
  client.greet();
  client.keep(client.nats.publish("a b", ""));
  client.keep(client.nats.publish("a", "", "b\r\n"));
  client.keep(client.nats.publish("a", std::string(1025, 'x')));
  CHECK(client.take() ==
        Lines{"\"a b\" is not a subject that NATS can publish to.",
              "\"b\r\n\" is not a subject that NATS can publish to.",
              "The payload is too large: it has 1025 bytes, and the server takes at most 1024."});
  client.peer.expect_nothing();
}

TEST_CASE("nats: the server may change its largest payload later") {
  Client client;
  client.greet();
  say(client.peer, "INFO {\"max_payload\":4}\r\n");
  client.keep(client.nats.publish("a", "12345"));
  CHECK(client.take().at(0).contains("at most 4."));
  client.peer.expect_nothing();
}

TEST_CASE("nats: a subscriber gets messages once the server has confirmed it") {
  Client client;
  client.greet();
  Lines got;
  const auto keep = [&](const NatsMessage& message) {
    got.push_back(message.subject + " " + message.payload);
  };
  client.keep(client.nats.subscribe("a.*", keep, "workers"));
  CHECK(received(client.browser, client.peer) == "SUB a.* workers 1\r\nPING\r\n");
  CHECK(client.take().empty());
  say(client.peer, "PONG\r\nMSG a.b 1 2\r\nhi\r\nMSG a.c 1 reply 2\r\nho\r\nMSG a.d 2 0\r\n\r\n");
  CHECK(client.take() == Lines{"done"});
  CHECK(got == Lines{"a.b hi", "a.c ho"});
}

TEST_CASE("nats: a handler may end its own subscription") {
  Client client;
  client.greet();
  Lines got;
  client.keep(client.nats.subscribe("a.*", [&](const NatsMessage& message) {
    got.push_back(message.subject + " " + message.payload);
    hawser::spawn([](NatsClient& nats) -> hawser::Task<> {
      (void)co_await nats.unsubscribe(1);
    }(client.nats));
  }));
  CHECK(received(client.browser, client.peer) == "SUB a.* 1\r\nPING\r\n");
  say(client.peer, "PONG\r\nMSG a.b 1 2\r\nhi\r\nMSG a.c 1 2\r\nho\r\n");
  CHECK(received(client.browser, client.peer) == "UNSUB 1\r\n");
  CHECK(got == Lines{"a.b hi"});
}

TEST_CASE("nats: subscriptions are renewed on each connection") {
  Client client;
  client.greet();
  client.keep(client.nats.subscribe("a", [](const NatsMessage&) {}));
  CHECK(received(client.browser, client.peer) == "SUB a 1\r\nPING\r\n");
  client.reconnect();
  CHECK(
      client.take() ==
      Lines{
          "The connection was lost before the answer came. The connection ended without a closing "
          "handshake."});
  CHECK(client.greet() ==
        greeting + "PING\r\n"s);  // the call has failed, so there is no subscription
  client.keep(client.nats.subscribe("b", [](const NatsMessage&) {}, "q"));
  say(client.peer, "PONG\r\n");
  client.reconnect();
  CHECK(client.greet() == greeting + "SUB b q 2\r\nPING\r\n"s);
  CHECK(client.nats.connections() == 3);
}

TEST_CASE("nats: a request gets its answer, and fails if none comes or the connection is lost") {
  Client client;
  client.greet();
  std::optional<Result<NatsMessage>> answer;
  const auto ask = [&] {
    answer.reset();
    hawser::spawn([](NatsClient& nats, std::optional<Result<NatsMessage>>& into) -> hawser::Task<> {
      into = co_await nats.request("time", "?", 5s);
    }(client.nats, answer));
    return received(client.browser, client.peer);
  };
  const auto first = ask();
  const auto inbox = first.substr(4, first.find(".*") - 4);
  CHECK(first == "SUB " + inbox + ".* 1\r\nPUB time " + inbox + ".1 1\r\n?\r\n");
  say(client.peer, "MSG " + inbox + ".1 1 3\r\nten\r\n");
  client.browser.run_until_idle();
  CHECK(answer.value().value().payload == "ten");

  CHECK(ask() == "PUB time " + inbox + ".2 1\r\n?\r\n");
  client.browser.advance(5s);
  CHECK(answer.value().error() == "No one has answered a request to \"time\" in time.");

  ask();
  client.peer.cut();
  client.browser.run_until_idle();
  CHECK(answer.value().error().starts_with("The connection was lost before the answer came."));
}

TEST_CASE("nats: calls whose connection is lost before they resume leave nothing behind") {
  Client client;
  client.peer.accept();
  say(client.peer, info);
  client.browser.run_until_idle();
  client.keep(client.nats.flush());
  say(client.peer, "PONG\r\n");
  client.peer.cut();
  CHECK(client.take().at(0).starts_with("The connection was lost"));
  client.browser.advance(4s);
  client.peer = client.browser.expect_connection();
  client.greet();
  client.keep(client.nats.flush());
  say(client.peer, "PONG\r\n");
  CHECK(client.take() == Lines{"done"});
}

TEST_CASE("nats: a server that does not answer pings is dropped") {
  Client client;
  client.greet();
  client.browser.advance(30s);
  CHECK(received(client.browser, client.peer) == "PING\r\n");
  say(client.peer, "PONG\r\n");
  client.browser.advance(30s);
  CHECK(received(client.browser, client.peer) == "PING\r\n");
  client.browser.advance(30s);
  client.browser.advance(4s);
  client.peer = client.browser.expect_connection();
  CHECK(client.greet() == greeting + "PING\r\n"s);
}

TEST_CASE("nats: a server's ping is answered") {
  Client client;
  client.greet();
  say(client.peer, "PI");
  say(client.peer, "NG\r\n");
  CHECK(received(client.browser, client.peer) == "PONG\r\n");
}

TEST_CASE("nats: a server that does not greet is dropped, and so is one with another protocol") {
  Client client;
  client.peer.accept();
  client.browser.advance(10s);
  client.browser.advance(4s);
  client.peer = client.browser.expect_connection();
  client.peer.accept();
  say(client.peer, "220 mail.example\r\n");
  client.browser.run_until_idle();
  client.keep(client.nats.connected({.timeout = 0ms}));
  CHECK(client.take() ==
        Lines{"There is no connection yet. The server does not speak NATS: it sent an unknown "
              "operation, \"220 mail.example\"."});
}

TEST_CASE("nats: a wrong password ends the client, and every call says so") {
  Client client;
  client.keep(client.nats.publish("a", ""));
  client.peer.accept();
  say(client.peer, info);
  say(client.peer, "-ERR 'Authorization Violation'\r\n");
  client.browser.run_until_idle();
  client.keep(client.nats.connected());
  const auto refusal = "The server refuses the user or the password: Authorization Violation."s;
  CHECK(client.take() ==
        Lines{"The server reports an error: Authorization Violation.", refusal, refusal});
  client.browser.advance(1min);
  client.browser.expect_no_connection();
}

TEST_CASE("nats: other errors are reported, and the client keeps running") {
  Client client;
  client.greet();
  say(client.peer, "-ERR 'Permissions Violation for Publish to \"a\"'\r\n");
  CHECK(client.take() ==
        Lines{"The server reports an error: Permissions Violation for Publish to \"a\"."});
  client.keep(client.nats.publish("a", ""));
  CHECK(client.take() == Lines{"done"});
}

TEST_CASE("nats: close sends published messages, and ends") {
  Client client;
  client.greet();
  client.keep(client.nats.publish("a", "1"));
  hawser::spawn([](NatsClient& nats) -> hawser::Task<> { co_await nats.close(); }(client.nats));
  CHECK(received(client.browser, client.peer) == "PUB a 1\r\n1\r\nPING\r\n");
  say(client.peer, "PONG\r\n");
  client.browser.run_until_idle();
  CHECK(client.peer.expect_close().code == 1000);
  client.peer.answer_close();
  client.keep(client.nats.publish("a", "2"));
  CHECK(client.take() == Lines{"done", "The client was closed."});
  client.browser.advance(1min);
  client.browser.expect_no_connection();
}

TEST_CASE("nats: waiting calls fail when the client is destroyed") {
  Lines said;
  Browser browser;
  {
    NatsClient nats("ws://example.org/");
    auto peer = browser.expect_connection();
    const auto keep = [&said]<typename Value>(hawser::Task<Result<Value>> task) {
      hawser::spawn([](hawser::Task<Result<Value>> awaited, Lines& into) -> hawser::Task<> {
        into.push_back((co_await std::move(awaited)).error());
      }(std::move(task), said));
    };
    peer.accept();
    say(peer, info);
    browser.run_until_idle();
    say(peer, "PONG\r\n");
    browser.run_until_idle();
    keep(nats.request("a", "", 5s));
    keep(nats.subscribe("a", [](const NatsMessage&) {}));
    keep(nats.flush());
    browser.run_until_idle();
  }
  browser.advance(1min);
  CHECK(said == Lines(3, hawser::describe(hawser::Error::destroyed)));
}
