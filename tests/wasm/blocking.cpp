// Calls that block, in a real engine with a real server: on a thread, or suspended by JSPI. Prints
// "passed" at the end.
//
//   blocking --server ws://HOST:PORT

#include <emscripten/emscripten.h>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using hawser::Error;
namespace blocking = hawser::blocking;
using namespace std::chrono_literals;

std::string server;

void check(bool is_so, const char* what) {
  if (is_so) return;
  std::printf("blocking: failed: %s\n", what);
  emscripten_force_exit(1);
}

blocking::Connection connect() {
  auto connection = blocking::connect(server + "/echo", {.connect_timeout = 20s});
  check(connection.has_value(), "it connects");
  return std::move(*connection);
}

void check_connection() {
  auto connection = connect();
  check(connection.ready_state() == hawser::ReadyState::open, "the connection is open");
  check(connection.url() == server + "/echo", "the connection has a URL");
  check(connection.receive({.timeout = 20ms}).error().error == Error::timed_out,
        "a wait ends at its deadline");
  for (int i = 0; i < 100; ++i) {
    const std::string text = "message " + std::to_string(i);
    check(connection.send(text).has_value(), "it sends text");
    const auto echo = connection.receive();
    check(echo && echo->is_text() && echo->text() == text, "it receives text");
  }
  const std::vector<std::byte> bytes(1 << 20, std::byte{7});
  for (int i = 0; i < 4; ++i) check(connection.send(bytes).has_value(), "it sends a MiB");
  for (int i = 0; i < 4; ++i) {
    const auto echo = connection.receive();
    check(echo && !echo->is_text() && std::ranges::equal(echo->bytes(), bytes),
          "it receives a MiB");
  }
  check(connection.close(1001).error() == Error::invalid_close_code, "a bad close code is refused");
  check(connection.send("the last message").has_value(), "it sends before close");
  const auto end = connection.close(4000, "enough");
  check(end && end->code == 4000, "close returns the end");
  const auto counters = connection.sender().counters();
  check(counters.queued == 0 && counters.dropped == 0, "messages queued before close are sent");
  auto after = connection.receive();
  if (after) after = connection.receive();  // the echo was faster than close
  check(!after && after.error().error == Error::closed && after.error().end,
        "then the connection has ended");
  check(connection.send("late").error() == Error::already_closed,
        "the connection sends nothing more");
}

void check_errors() {
  check(blocking::connect("http://host:99999/").error() == Error::invalid_url,
        "a bad URL is refused");
  check(blocking::connect(server + "/refuse").error() == Error::connection_failed,
        "the server refuses");
  std::stop_source stop;
  stop.request_stop();
  check(blocking::connect(server + "/echo", {.stop = stop.get_token()}).error() == Error::cancelled,
        "the attempt is cancelled");
}

void check_session() {
  blocking::Session session(server + "/echo");
  check(session.send("over a session").has_value(), "a session sends");
  for (const auto& message : session.messages()) {
    check(message.text() == "over a session", "a session receives");
    break;
  }
  session.reconnect();
  check(session.send("again").has_value() && session.receive()->text() == "again",
        "a session reconnects");
  check(session.close().has_value(), "a session stops");
}

#ifdef __EMSCRIPTEN_PTHREADS__

/// Four threads send numbered messages over one connection, and one thread receives.
void check_many_threads() {
  constexpr int threads = 4;
  constexpr int messages = 2'500;
  auto connection = connect();
  std::atomic<int> received = 0;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      for (int number = 0; number < messages; ++number) {
        check(connection.send(std::to_string(i) + " " + std::to_string(number)).has_value(),
              "a thread sends");
      }
    });
  }
  std::vector<int> next(threads);
  while (received < threads * messages) {
    const auto message = connection.receive();
    check(message.has_value(), "a thread receives");
    const std::string text(message->text());
    check(std::atoi(text.c_str() + 2) == next[static_cast<std::size_t>(text[0] - '0')]++,
          "each thread's messages are in order");
    ++received;
  }
  for (auto& thread : running) thread.join();
}

/// Several threads open one connection each, repeatedly, so that the shared thread ends and
/// restarts.
void check_short_lives() {
  for (int round = 0; round < 10; ++round) {
    std::vector<std::thread> running;
    for (int i = 0; i < 3; ++i) {
      running.emplace_back([] {
        auto connection = connect();
        check(connection.send("short").has_value() && connection.receive().has_value(),
              "a short life");
      });
    }
    for (auto& thread : running) thread.join();
  }
}

void check_io_thread() {
  std::optional<hawser::IoThread> io(std::in_place);
  auto connection = blocking::connect(*io, server + "/echo");
  check(connection.has_value(), "an I/O thread connects");
  std::atomic<int> refused = 0;
  check(io->run(
            [&] { refused = connection->receive().error().error == Error::cannot_block ? 1 : 2; }),
        "it runs");
  while (refused == 0) std::this_thread::sleep_for(1ms);
  check(refused == 1, "the I/O thread does not wait for itself");
  std::thread waiting([&] {
    check(connection->receive().error().error == Error::no_thread, "a wait ends with the thread");
  });
  std::this_thread::sleep_for(10ms);
  io.reset();
  waiting.join();
  check(connection->try_send("late").error() == Error::no_thread,
        "the connection sends nothing more");
}

#endif

void check_all() {
  check_connection();
  check_errors();
  check_session();
#ifdef __EMSCRIPTEN_PTHREADS__
  check_many_threads();
  check_short_lives();
  check_io_thread();
#endif
  std::puts("blocking: passed");
  emscripten_force_exit(0);
}

#ifdef __EMSCRIPTEN_PTHREADS__

std::optional<blocking::Connection> polled;

/// A main thread that must not block may still poll.
void check_polling(const hawser::IoThread& io) {
  polled = blocking::Connection::open(io, server + "/echo").value();
  check(polled->receive().error().error == Error::cannot_block, "the main thread does not wait");
  check(polled->receive({.timeout = 0ms}).error().error == Error::timed_out,
        "nothing has arrived yet");
  emscripten_set_main_loop(
      [] {
        static bool has_sent = false;
        if (!has_sent && polled->ready_state() == hawser::ReadyState::open)
          has_sent = polled->try_send("polled").has_value();
        const auto message = polled->try_receive();
        if (!message) return check(message.error().error == Error::would_block, "polling");
        check(message->text() == "polled", "the main thread polls");
        emscripten_cancel_main_loop();
        std::thread(check_all).detach();
      },
      0, false);
}

#endif

}  // namespace

int main(int, char** arguments) {
  server = arguments[2];
#ifdef __EMSCRIPTEN_PTHREADS__
  static const hawser::IoThread io;
  const auto connection = blocking::connect(server + "/echo");
  if (!connection && connection.error() == Error::cannot_block) return check_polling(io), 0;
#endif
  check_all();
}
