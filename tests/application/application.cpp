// A small application that uses only the public headers. It has messages of every kind echoed: to
// handlers, to a coroutine, over the connections of a session, and as JavaScript values. It grows
// memory in between, and exits with status 0 if every echo is exact.
//
//   application --server ws://HOST:PORT

#include <emscripten/emscripten.h>
#include <hawser/hawser.hpp>
#ifdef APPLICATION_VALUES
#include <emscripten/val.h>
#include <hawser/value.hpp>
#endif

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::string_literals;

std::string server;
hawser::WebSocket socket;

const std::vector<std::string> payloads{"",
                                        "hello",
                                        "a\0b"s,
                                        "h\u00e9llo \u20ac \U0001F680",
                                        std::string(47, 'x'),
                                        std::string(5'000, 'y') + "\u20ac",
                                        std::string(300'000, 'z')};
std::size_t next = 0;
bool is_text = true;
bool has_thrown = false;

[[noreturn]] void end(int status, const char* why) {
  std::printf("application: %s\n", why);
  emscripten_force_exit(status);  // The test's page would not notice an exit().
  std::abort();
}

void send_next() {
  const std::string& payload = payloads[next];
  const auto sent = is_text ? socket.send(payload) : socket.send(std::as_bytes(std::span(payload)));
  if (!sent) end(1, hawser::describe(sent.error()));
}

/// Allocates more than the first heap holds, if the heap may grow.
void grow() {
#ifdef APPLICATION_GROWS
  static std::vector<std::unique_ptr<char[]>> taken;
  taken.push_back(std::make_unique<char[]>(8 << 20));
#endif
}

/// In a build with exceptions, a handler may throw: the exception is reported, and the connection
/// keeps working.
void throw_once() {
#ifdef APPLICATION_THROWS
  if (std::uncaught_exceptions() != 0) end(1, "a handler's exception is still in flight");
  if (std::exchange(has_thrown, true)) return;
  send_next();
  throw std::runtime_error("thrown by a handler on purpose");
#endif
}

void on_message(const hawser::Message& message) {
  grow();
  if (message.is_text() != is_text || message.text() != payloads[next])
    end(1, "an echo differs from its message");
  throw_once();
  if (++next == payloads.size()) {
    next = 0;
    if (!std::exchange(is_text, false)) {
      if (socket.send("\xff").error() != hawser::Error::invalid_utf8)
        end(1, "text that is not UTF-8 was sent");
      if (socket.close(1001).error() != hawser::Error::invalid_close_code)
        end(1, "close code 1001 was accepted");
      if (!socket.close(4000, "all came back")) end(1, "close was refused");
      return;
    }
  }
  send_next();
}

/// Receives a message larger than a heap that may not grow. That ends its socket, not the program.
void receive_too_much() {
  socket = hawser::WebSocket::open(server + "/flood?count=1&size=40000000&kind=binary").value();
  socket.on_message(
      [](const hawser::Message&) { end(1, "a message larger than the heap arrived"); });
  socket.on_close([](const hawser::CloseEvent& event) {
    if (event.error != hawser::Error::out_of_memory)
      end(1, "a message larger than the heap did not end its socket as expected");
    end(0, "all came back exact, and too much was refused");
  });
}

void finish() {
#ifdef APPLICATION_GROWS
  end(0, "all came back exact");
#else
  receive_too_much();
#endif
}

/// Has JavaScript values echoed: text, and a piece of the heap, which may be shared or resizable.
void exchange_values() {
#ifdef APPLICATION_VALUES
  static int values = 0;
  socket = hawser::WebSocket::open(server + "/echo").value();
  socket.on_open([] {
    const auto bytes =
        emscripten::typed_memory_view(payloads.back().size(), payloads.back().data());
    if (!socket.send(emscripten::val::u8string("h\u00e9llo")))
      end(1, "text was not sent as a value");
    if (!socket.send(emscripten::val(bytes))) end(1, "a piece of the heap was not sent as a value");
    if (socket.send(emscripten::val(42))) end(1, "a number was sent as a value");
  });
  socket.on_value([](const emscripten::val& value) {
    ++values;
    if (value.isString()) {
      if (value.as<std::string>() != "h\u00e9llo") end(1, "text was echoed as a different value");
      return;
    }
    const auto bytes = emscripten::convertJSArrayToNumberVector<char>(
        emscripten::val::global("Int8Array").new_(value));
    if (std::string(bytes.begin(), bytes.end()) != payloads.back())
      end(1, "a piece of the heap was echoed as something else");
    if (!socket.close(4000, "all came back")) end(1, "close was refused");
  });
  socket.on_close([](const hawser::CloseEvent& event) {
    if (values != 2 || event.code != 4000)
      end(1, "a connection of values ended in an unexpected way");
    finish();
  });
#else
  finish();
#endif
}

#ifdef APPLICATION_THROWS
hawser::Task<> throw_after_waiting(hawser::Connection& connection) {
  co_await connection.receive({.timeout = std::chrono::milliseconds(1)});
  throw std::runtime_error("thrown by a task on purpose");
}
#endif

/// Awaiting a task rethrows an exception that the task threw.
hawser::Task<> catch_once([[maybe_unused]] hawser::Connection& connection) {
#ifdef APPLICATION_THROWS
  try {
    co_await throw_after_waiting(connection);
  } catch (const std::runtime_error&) {
    co_return;
  }
  end(1, "a task's exception was lost");
#endif
  co_return;
}

/// A session queues messages while it is offline, and reconnects when the app asks for it.
hawser::Task<> converse_in_session() {
  hawser::Session session(server + "/echo");
  for (const std::string& payload : payloads) {
    if (!session.send(payload)) end(1, "a session did not take a message");
    const auto message = co_await session.receive();
    if (!message || message->text() != payload)
      end(1, "a session's message was not echoed exactly");
    if (!session.reconnect(4000, "again")) end(1, "a session did not reconnect");
  }
  if (session.counters().connections != payloads.size())
    end(1, "a session made an unexpected number of connections");
  if (!session.close()) end(1, "a session did not close");
  if (co_await session.receive()) end(1, "a session received after its end");
  if (session.status().state != hawser::SessionState::stopped)
    end(1, "a session kept running after close");
}

hawser::Task<> converse() {
  auto connection =
      co_await hawser::connect(server + "/echo", {.connect_timeout = std::chrono::seconds(10)});
  if (!connection) end(1, hawser::describe(connection.error()));
  co_await catch_once(*connection);
  std::vector<std::byte> buffer(payloads.back().size());
  for (const std::string& payload : payloads) {
    if (!co_await connection->send(payload)) end(1, "a coroutine could not send text");
    const auto text = co_await connection->receive();
    if (!text || !text->is_text() || text->text() != payload)
      end(1, "text was not echoed exactly to a coroutine");
    grow();
    if (!co_await connection->send(std::as_bytes(std::span(payload))))
      end(1, "a coroutine could not send binary");
    const auto binary = co_await connection->receive_into(buffer);
    if (!binary || binary->is_text() || binary->text() != payload)
      end(1, "binary was not echoed exactly to a coroutine");
  }
  const auto closed = co_await connection->close(4000, "all came back");
  if (!closed || closed->code != 4000 || closed->error) end(1, "a coroutine saw an unexpected end");
  co_await converse_in_session();
  exchange_values();
}

void on_close(const hawser::CloseEvent& event) {
  if (event.code != 4000 || event.reason != "all came back" || !event.was_clean) {
    end(1, "the connection ended in an unexpected way");
  }
  hawser::spawn(converse());
}

/// Blocks until an echo arrives, if this thread may block.
void converse_by_blocking() {
  auto connection = hawser::blocking::connect(server + "/echo");
  if (!connection && connection.error() == hawser::Error::cannot_block) return;
  if (!connection) end(1, hawser::describe(connection.error()));
  for (const std::string& payload : payloads) {
    if (!connection->send(payload)) end(1, "a blocking call could not send");
    const auto text = connection->receive({.timeout = std::chrono::seconds(10)});
    if (!text || text->text() != payload) end(1, "text was not echoed exactly to a blocking call");
  }
  const auto closed = connection->close(4000, "all came back");
  if (!closed || closed->code != 4000) end(1, "a blocking call saw an unexpected end");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 || std::strcmp(arguments[1], "--server") != 0)
    end(2, "usage: application --server ws://HOST:PORT");
  if (!hawser::supported()) end(1, "WebSocket is not available here");
  if (hawser::WebSocket::open("ws://#").error() != hawser::Error::invalid_url)
    end(1, "a bad URL was accepted");

  server = arguments[2];
  converse_by_blocking();
  auto opened = hawser::WebSocket::open(server + "/echo");
  if (!opened) end(1, hawser::describe(opened.error()));
  socket = std::move(*opened);
  socket.on_open(send_next);
  socket.on_message(on_message);
  socket.on_error([](hawser::Error error) { end(1, hawser::describe(error)); });
  socket.on_close(on_close);
}
