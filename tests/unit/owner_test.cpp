// Handlers that take their owner, wherever it was moved, and handlers that are set before the
// socket opens.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hawser/testing/browser.hpp>
#include "journal.hpp"
#include "opened.hpp"

using hawser::CloseEvent;
using hawser::Error;
using hawser::Message;
using hawser::Session;
using hawser::WebSocket;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// A handler of each kind that notes its owner.
hawser::Handlers noting(std::vector<WebSocket*>& owners) {
  return {.on_open = [&](WebSocket& socket) { owners.push_back(&socket); },
          .on_message = [&](WebSocket& socket, const Message&) { owners.push_back(&socket); },
          .on_error = [&](WebSocket& socket, Error) { owners.push_back(&socket); },
          .on_close = [&](WebSocket& socket, const CloseEvent&) { owners.push_back(&socket); }};
}

WebSocket open(hawser::Handlers handlers) {
  return WebSocket::open("ws://host/", {}, std::move(handlers)).value();
}

/// A class with a socket as a member, whose handlers need no pointer to the class: they get the
/// socket.
struct Client {
  explicit Client(std::string url)
      : socket(WebSocket::open(
                   url, {},
                   {.on_open =
                        [](WebSocket& opened) { CHECK(opened.send("hello from " + opened.url())); },
                    .on_message =
                        [count = 0](WebSocket& from, const Message&) mutable {
                          CHECK(from.send(std::to_string(++count)));
                        }})
                   .value()) {}

  WebSocket socket;
};

}  // namespace

TEST_CASE("each handler of a socket may take the socket") {
  hawser::testing::Browser browser;
  std::vector<WebSocket*> owners;
  auto socket = open(noting(owners));
  browser.peer().accept();
  browser.peer().send("message");
  browser.peer().cut();
  CHECK(owners == std::vector<WebSocket*>(4, &socket));
}

TEST_CASE("a handler gets the socket that owns the connection now, however often it was moved") {
  hawser::testing::Browser browser;
  std::vector<WebSocket*> owners;
  auto first = open(noting(owners));
  WebSocket second = std::move(first);
  browser.peer().accept();
  CHECK(owners.back() == &second);
  first = std::move(second);
  browser.peer().send("one");
  CHECK(owners.back() == &first);
  WebSocket other;
  std::swap(first, other);
  browser.peer().send("two");
  CHECK(owners.back() == &other);
  other = std::move(*&other);
  browser.peer().send("three");
  CHECK(owners.back() == &other);
  const auto third = std::make_unique<WebSocket>(std::move(other));
  browser.peer().close(1000);
  CHECK(owners.back() == third.get());
}

TEST_CASE("two sockets that are swapped keep their own handlers") {
  hawser::testing::Browser browser;
  std::vector<WebSocket*> of_first;
  std::vector<WebSocket*> of_second;
  auto first = open(noting(of_first));
  auto second = open(noting(of_second));
  std::swap(first, second);
  browser.peer(0).accept();
  browser.peer(1).accept();
  CHECK(of_first == std::vector{&second});
  CHECK(of_second == std::vector{&first});
}

TEST_CASE("a class with a member socket works in a vector that grows") {
  hawser::testing::Browser browser;
  std::vector<Client> clients;
  for (const int nth : {0, 1, 2, 3, 4}) {
    clients.emplace_back("ws://" + std::to_string(nth) + "/");
    browser.peer(nth).accept();
    CHECK(browser.calls().back() == "send text hello from ws://" + std::to_string(nth) + "/");
  }
  for (const int nth : {4, 0, 2}) {
    browser.peer(nth).send("message");
    CHECK(browser.calls().back() == "send text 1");
  }
  clients.erase(clients.begin());
  browser.peer().send("message");  // to the third, which is now the second
  CHECK(browser.calls().back() == "send text 2");
}

TEST_CASE("a handler may move its owner, and use the new one [R11]") {
  hawser::testing::Browser browser;
  std::vector<WebSocket> sockets;
  sockets.push_back(open({.on_message = [&](WebSocket& socket, const Message& message) {
    if (message.text() == "move") sockets.push_back(std::move(socket));  // may reallocate
    CHECK(sockets.back().send(message.text()));
  }}));
  browser.peer().accept();
  for (const auto* const text : {"move", "again"}) {
    browser.peer().send(text);
    CHECK(browser.calls().back() == std::string("send text ") + text);
  }
}

TEST_CASE("a handler may destroy its owner [R11]") {
  hawser::testing::Browser browser;
  auto* const socket = new WebSocket(open(
      {.on_message = [kept = std::string("kept while it runs")](WebSocket& owner, const Message&) {
        delete &owner;
        CHECK(kept == "kept while it runs");
      }}));
  CHECK(socket->ready_state() == hawser::ReadyState::connecting);
  browser.peer().accept();
  browser.peer().send("message");
  browser.peer().send("unheard");
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("a socket that its own handler owns may be replaced outside of an event") {
  hawser::testing::Browser browser;
  auto owner = std::make_shared<WebSocket>(open({}));
  owner->on_message([owner](const Message&) {});
  WebSocket* const socket = owner.get();
  owner.reset();
  *socket = WebSocket();
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("handlers that were passed to open miss nothing, and may be replaced") {
  hawser::testing::Browser browser;
  Lines lines;
  auto socket =
      open({.on_open = [&] { lines.emplace_back("open"); },
            .on_message = [&](const Message& message) { lines.emplace_back(message.text()); }});
  browser.peer().accept();
  browser.peer().send("one");
  socket.on_message([&](const Message&) { lines.emplace_back("replaced"); });
  browser.peer().send("two");
  CHECK(lines == Lines{"open", "one", "replaced"});
}

TEST_CASE("handlers of a socket that does not open are destroyed, and never called") {
  hawser::testing::Browser browser;
  const auto held = std::make_shared<int>();
  const auto opened =
      WebSocket::open("http://host/", {}, {.on_close = [held](const CloseEvent&) { FAIL(); }});
  CHECK(opened.error() == Error::invalid_url);
  CHECK(held.use_count() == 1);
}

TEST_CASE(
    "a handler may be a function, a std::function with or without the owner, or another Handler") {
  hawser::testing::Browser browser;
  static int calls;
  calls = 0;
  auto socket = open({});
  browser.peer().accept();
  socket.on_message(+[](WebSocket&, const Message&) { ++calls; });
  browser.peer().send("");
  socket.on_message(
      std::function<void(WebSocket&, const Message&)>([](WebSocket&, const Message&) { ++calls; }));
  browser.peer().send("");
  socket.on_message(hawser::Handler<void(const Message&)>([](const Message&) { ++calls; }));
  browser.peer().send("");
  socket.on_message([](auto&&...) { ++calls; });
  browser.peer().send("");
  CHECK(calls == 4);
  socket.on_message(std::function<void(WebSocket&, const Message&)>());
  socket.on_message(static_cast<void (*)(WebSocket&, const Message&)>(nullptr));
  socket.on_message(hawser::Handler<void(const Message&)>());
  browser.peer().send("");
  CHECK(calls == 4);
  CHECK(browser.reported_exceptions() == 0);
}

TEST_CASE("an empty handler returns a default-constructed result") {
  const hawser::Handler<int(int)> none;
  const hawser::Handler<int(int)> twice = [](int number) { return 2 * number; };
  CHECK(none(3) == 0);
  CHECK(none == nullptr);
  CHECK(twice(3) == 6);
  CHECK(twice != nullptr);
}

// Sessions

TEST_CASE("each handler of a session may take the session, wherever it was moved to") {
  hawser::testing::Browser browser;
  std::vector<Session*> owners;
  Lines lines;
  const auto note = [&](Session& session, const char* what) {
    owners.push_back(&session);
    lines.emplace_back(what);
  };
  hawser::SessionHandlers handlers{
      .on_open = [&](Session& session) { note(session, "open"); },
      .on_message = [&](Session& session, const Message&) { note(session, "message"); },
      .on_status = [&](Session& session, const hawser::SessionStatus&) { note(session, "status"); },
      .on_drop = [&](Session& session, const hawser::KeptMessage&) { note(session, "drop"); },
      .on_endpoint_request =
          [&](Session& session, hawser::EndpointRequest request) {
            note(session, "endpoint");
            request.connect_to({.url = "ws://host/"});
          },
      .decide_reconnect =
          [&](Session& session, const CloseEvent&, hawser::Decision decision) {
            note(session, "decision");
            return decision;
          },
      .make_ping =
          [&](Session& session) {
            note(session, "ping");
            return "ping";
          },
      .is_pong =
          [&](Session& session, const Message& message) {
            note(session, "pong");
            return message.text() == "pong";
          },
  };
  Session first("ws://host/",
                {.heartbeat = {.interval = 20s}, .outbox = {.max_outbox_messages = 1}},
                std::move(handlers));
  std::vector<Session> sessions;
  sessions.push_back(std::move(first));
  sessions.emplace_back();
  sessions.push_back(Session());  // the vector has grown
  CHECK(sessions.front().send("dropped by close"));
  browser.advance(0ms);
  browser.peer().accept();
  browser.peer().send("message");
  browser.advance(20s);
  CHECK(lines == Lines{"status", "endpoint", "status", "open", "pong", "message", "ping"});
  CHECK(owners == std::vector<Session*>(7, &sessions.front()));
  Session last;
  last = std::move(sessions.front());
  browser.peer().send("pong");
  browser.peer().cut();
  CHECK(last.send("dropped by close"));
  CHECK(last.close());
  browser.advance(0ms);
  CHECK(lines == Lines{"status", "endpoint", "status", "open", "pong", "message", "ping", "pong",
                       "decision", "status", "drop", "status"});
  CHECK(owners.back() == &last);
  CHECK(std::ranges::count(owners, &last) == 5);
}

TEST_CASE("a handler of a session may destroy its owner") {
  hawser::testing::Browser browser;
  auto* const session = new Session(
      "ws://host/", {}, {.on_message = [](Session& owner, const Message&) { delete &owner; }});
  CHECK(session->send("hello"));
  browser.advance(0ms);
  browser.peer().accept();
  browser.peer().send("message");
  browser.advance(1h);
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("session options can be copied, and serve several sessions") {
  hawser::testing::Browser browser;
  const hawser::SessionOptions options{.heartbeat = {.ping = "ping"}};
  const std::array sessions{Session("ws://one/", options), Session("ws://two/", options)};
  browser.advance(0ms);
  CHECK(browser.calls() == Lines{"new ws://one/ []", "new ws://two/ []"});
}
