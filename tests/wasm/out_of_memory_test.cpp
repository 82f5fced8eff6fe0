// Messages that do not fit into memory, in a program whose heap has at most 16 MB. They end their
// own socket, and the program continues.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <array>
#include <cstdlib>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../unit/connected.hpp"
#include "event_loop.hpp"
#include "memory.hpp"
#include "server.hpp"

using hawser::Error;
using hawser::ReadyState;
using hawser::Task;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

constexpr std::size_t most_memory = 16 << 20;

/// A message that cannot fit at all.
const auto too_large_binary = "/flood?count=1&kind=binary&size=20000000"s;
const auto too_large_text = "/flood?count=1&kind=text&size=20000000"s;

/// A message that seems to fit, since its characters are counted before each becomes three bytes.
const auto too_large_at_second_sight = "/flood?count=1&kind=text&pad=%E2%82%AC&size=6000000"s;

/// A message that takes much of the memory, but fits.
constexpr std::size_t large = 6'000'000;
const auto fits = "/flood?count=1&kind=text&size=" + std::to_string(large);

struct Client {
  explicit Client(const std::string& path) : socket(hawser::WebSocket::open(server(path)).value()) {
    journal.listen_to(socket);
  }

  bool opens() {
    return wait_until([&] { return socket.ready_state() != ReadyState::connecting; }) &&
           socket.ready_state() == ReadyState::open;
  }
  bool ends() {
    return wait_until([&] { return journal.end.has_value(); });
  }
  bool echoes() {
    journal.lines.clear();
    return socket.send("alive") && wait_until([&] { return !journal.lines.empty(); }) &&
           journal.lines == Lines{"text alive"};
  }

  Journal journal;
  hawser::WebSocket socket;
};

/// Memory that is taken until the heap has no block of this size left.
class Ballast {
 public:
  explicit Ballast(std::size_t size) {
    while (void* const piece = std::malloc(size)) pieces_.emplace_back(piece, std::free);
  }

 private:
  std::list<std::unique_ptr<void, decltype(&std::free)>> pieces_;
};

bool new_socket_works() {
  Client client("/echo");
  return client.opens() && client.echoes();
}

/// Whether the program can still receive messages that fit.
bool large_message_arrives() {
  Client client(fits);
  std::size_t size = 0;
  client.socket.on_message([&](const hawser::Message& message) { size = message.bytes().size(); });
  return client.ends() && size == large;
}

Task<> receive_nothing(std::string path) {
  auto connection = (co_await hawser::connect(server(path))).value();
  const auto message = co_await connection.receive();
  REQUIRE_FALSE(message);
  CHECK(message.error().error == Error::out_of_memory);
  CHECK(message.error().end->error == Error::out_of_memory);
  CHECK(message.error().end->code == 1006);
}

}  // namespace

TEST_CASE("without memory: a message that is too large ends its socket, and no other [R8]",
          "[server]") {
  const auto path = GENERATE(too_large_binary, too_large_text, too_large_at_second_sight);
  CAPTURE(path);
  Client bystander("/echo");
  REQUIRE(bystander.opens());

  Client client(path);
  REQUIRE(client.ends());
  CHECK(client.journal.lines ==
        Lines{"open", error_line(Error::out_of_memory), "close 1006  unclean"});
  CHECK(client.journal.end->error == Error::out_of_memory);
  CHECK(client.socket.send("late").error() == Error::already_closed);

  CHECK(bystander.echoes());
  CHECK(new_socket_works());
  CHECK(large_message_arrives());
  CHECK(emscripten_get_heap_size() <= most_memory);
}

TEST_CASE(
    "without memory: messages that are too large leave nothing behind, however many arrive [R8]",
    "[server]") {
  const auto path = GENERATE(too_large_binary, too_large_text, too_large_at_second_sight);
  CAPTURE(path);
  const auto fail = [&] {
    Client client(path);
    return client.ends() && client.journal.end->error == Error::out_of_memory;
  };
  REQUIRE(fail());
  CHECK_FALSE(leaks([&] { CHECK(fail()); }));
}

TEST_CASE(
    "without memory: a coroutine that waits for a message that is too large gets the error, and "
    "others continue",
    "[server]") {
  const auto path = GENERATE(too_large_binary, too_large_text, too_large_at_second_sight);
  CAPTURE(path);
  Client bystander("/echo");
  REQUIRE(bystander.opens());
  run(receive_nothing(path));
  CHECK(bystander.echoes());
  CHECK(new_socket_works());
  CHECK(large_message_arrives());
}

TEST_CASE(
    "without memory: a message that is too large for a reader's buffer and for the heap is "
    "out_of_memory",
    "[server]") {
  run([] -> Task<> {
    auto connection = (co_await hawser::connect(server(too_large_binary))).value();
    std::array<std::byte, 1000> buffer;
    const auto message = co_await connection.receive_into(buffer);
    REQUIRE_FALSE(message);
    CHECK(message.error().error == Error::out_of_memory);
  }());
  CHECK(new_socket_works());
}

TEST_CASE(
    "without memory: an inbox that fills the heap ends its connection, and returns its messages",
    "[server]") {
  const auto* const kind = GENERATE("binary", "text");
  Client bystander("/echo");
  REQUIRE(bystander.opens());
  run([](std::string path, Client& other) -> Task<> {
    auto connection =
        (co_await hawser::connect(server(path), {.max_inbox_bytes = SIZE_MAX})).value();
    while (connection.ready_state() != ReadyState::closed) co_await hawser::sleep_for(0ms);
    CHECK(other.socket.send("alive"));  // while the heap is full
    std::size_t count = 0;
    auto message = co_await connection.receive();
    for (; message; message = co_await connection.receive()) {
      CHECK(message->bytes().size() == 1'000'000);
      ++count;
    }
    CHECK(count > 5);
    CHECK(count * 1'000'000 <= most_memory);
    CHECK(message.error().error == Error::out_of_memory);
  }("/flood?count=30&size=1000000&kind="s + kind, bystander));
  REQUIRE(wait_until([&] { return bystander.journal.lines.size() == 2; }));
  CHECK(bystander.journal.lines.back() == "text alive");
  CHECK(large_message_arrives());
}

TEST_CASE(
    "without memory: a message that is too large ends a session's connection, and not the session",
    "[server]") {
  const auto path = GENERATE(too_large_binary, too_large_text);
  const bool is_handled = GENERATE(true, false);  // or received
  CAPTURE(path, is_handled);
  std::vector<std::optional<Error>> ends;
  Lines lines;
  hawser::Session session(
      {{server(path)}, {server("/echo")}},
      {.reconnect = {.backoff = {.base = 1ms, .jitter = hawser::Jitter::none}}},
      {.decide_reconnect = [&](const hawser::CloseEvent& end, hawser::Decision decision) {
        ends.push_back(end.error);
        return decision;
      }});
  session.on_open([&] {
    if (!ends.empty()) CHECK(session.send_now("alive"));
  });
  if (is_handled) {
    session.on_message([&](const hawser::Message& message) { lines.push_back(to_line(message)); });
    REQUIRE(wait_until([&] { return !lines.empty(); }));
  } else {
    run([](hawser::Session& of, Lines& into) -> Task<> {
      const auto message = co_await of.receive();
      into.push_back(to_line(message));
    }(session, lines));
  }
  CHECK(lines == Lines{"text alive"});
  CHECK(ends == std::vector{std::optional(Error::out_of_memory)});
  CHECK(session.counters().last_error == Error::out_of_memory);
  CHECK(large_message_arrives());
}

TEST_CASE(
    "without memory: in a nearly full heap, an inbox of empty messages also ends its connection",
    "[server]") {
  Client bystander("/echo");
  REQUIRE(bystander.opens());
  run([] -> Task<> {
    const hawser::ConnectOptions unbounded{.max_inbox_messages = SIZE_MAX};
    auto connection =
        (co_await hawser::connect(server("/hostile/frames?what=empty-messages"), unbounded))
            .value();
    std::size_t count = 0;
    {
      const Ballast ballast(512 << 10);
      CHECK(co_await connection.send("go on"));
      while (connection.ready_state() != ReadyState::closed) co_await hawser::sleep_for(0ms);
    }
    auto message = co_await connection.receive();
    for (; message; message = co_await connection.receive()) ++count;
    CHECK(count > 1'000);
    CHECK(count < 100'000);
    CHECK(message.error().error == Error::out_of_memory);
  }());
  CHECK(bystander.echoes());
  CHECK(large_message_arrives());
}
