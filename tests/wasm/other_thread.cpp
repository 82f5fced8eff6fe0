// Objects that a thread gets from another one. Every call is refused. Destroying them ends them on
// their own thread, and nothing keeps that thread alive afterwards. Exits with status 0 on success.
//
//   other_thread --server ws://HOST:PORT

#include <emscripten/emscripten.h>
#include <pthread.h>
#include <hawser/hawser.hpp>

#include <chrono>
#include <coroutine>
#include <cstdio>
#include <optional>
#include <semaphore>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace {

using hawser::Error;

std::string server;

struct Objects {
  hawser::WebSocket socket;
  hawser::Session session;
  hawser::Job job;
  hawser::Connection connection;
};
std::optional<Objects> objects;
std::binary_semaphore made(0);
std::binary_semaphore stopped(0);

void check(bool is_so, const char* what) {
  if (is_so) return;
  std::printf("other_thread: %s\n", what);
  emscripten_force_exit(1);
}

hawser::Task<> wait_for_ever(hawser::Connection& connection) { co_await connection.receive(); }

hawser::Task<> make() {
  objects.emplace();
  objects->session = hawser::Session(server + "/echo");
  objects->socket = hawser::WebSocket::open(server + "/echo").value();
  objects->connection = (co_await hawser::connect(server + "/echo")).value();
  objects->job = hawser::start(wait_for_ever(objects->connection));
  made.release();
}

/// The result of an operation that must not wait.
template <typename Operation>
auto await_now(Operation operation) {
  check(!operation.await_suspend(std::noop_coroutine()), "an operation of another thread waits");
  return operation.await_resume();
}

void use_and_destroy() {
  std::thread thread([] { hawser::spawn(make()); });
  made.acquire();
  auto& [socket, session, job, connection] = *objects;
  check(socket.send("text").error() == Error::wrong_thread, "send on another thread's socket");
  check(socket.close().error() == Error::wrong_thread, "close on another thread's socket");
  check(socket.ready_state() == hawser::ReadyState::closed,
        "ready_state of another thread's socket");
  check(socket.url().empty() && socket.buffered_amount() == 0,
        "properties of another thread's socket");
  check(session.send("text").error() == Error::wrong_thread, "send on another thread's session");
  check(session.reconnect().error() == Error::wrong_thread,
        "reconnect on another thread's session");
  check(connection.try_send("text").error() == Error::wrong_thread,
        "try_send on another thread's connection");
  check(await_now(connection.receive()).error().error == Error::wrong_thread,
        "receive on another thread's connection");
  objects.reset();
  thread.join();  // nothing keeps it alive any more
}

hawser::Task<> sleep_until_stopped(std::stop_token stop) {
  const auto slept = co_await hawser::sleep_for(std::chrono::hours(1), std::move(stop));
  check(!slept && slept.error() == Error::cancelled, "a stop request on another thread");
  stopped.release();
}

void request_stop_elsewhere() {
  std::stop_source stop;
  std::thread thread([token = stop.get_token()] {
    hawser::spawn(sleep_until_stopped(token));
    made.release();
  });
  made.acquire();
  stop.request_stop();
  stopped.acquire();
  thread.join();
}

void destroy_after_the_end() {
  std::thread thread([] {
    objects.emplace().socket = hawser::WebSocket::open(server + "/echo").value();
    objects->session = hawser::Session(server + "/echo");
    pthread_exit(nullptr);
  });
  thread.join();
  check(objects->socket.send("text").error() == Error::wrong_thread,
        "send on the socket of an ended thread");
  objects.reset();
}

}  // namespace

int main(int, char** arguments) {
  server = arguments[2];
  use_and_destroy();
  request_stop_elsewhere();
  destroy_after_the_end();
  std::puts("other_thread: all is refused, and ends where it belongs");
  emscripten_force_exit(0);
}
