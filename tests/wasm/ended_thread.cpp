// A thread ends while it owns open connections, and another thread then runs on its worker. Exits
// with status 0 if the first thread's connections are closed, none of its events reach the second
// thread, and its senders report which messages were dropped.
//
//   ended_thread --server ws://HOST:PORT exit|exit-asleep|exit-in-handler|cancel|cancel-in-handler

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <pthread.h>
#include <hawser/hawser.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

// clang-format off

EM_JS(void, mark_worker, (), {
  globalThis.isMarked = true;
});

EM_JS(bool, is_worker_marked, (), {
  return globalThis.isMarked == true;
});

EM_JS(void, page_goes_offline_and_online, (), {
  for (const name of ["offline", "online"]) globalThis.dispatchEvent?.(new Event(name));
});

/// Sets `*ended` once the server has seen the end of its client /report?id=thread.
EM_JS(void, watch_server, (const char* server, std::atomic<int>* ended), {
  fetch(UTF8ToString(server).replace("ws:", "http:") + "/ended?id=thread")
    .then((answer) => answer.text())
    .then(() => Atomics.store(HEAP32, ended >> 2, 1));
});

// clang-format on

namespace {

using namespace std::chrono_literals;
using hawser::Error;

enum class Way { exit, exit_asleep, exit_in_handler, cancel, cancel_in_handler };

std::string server;
Way way;

/// Whether the connections of the first thread are open when it ends.
bool has_opened() { return way != Way::exit && way != Way::exit_asleep; }

constexpr int messages = 10;

struct Objects {
  hawser::WebSocket socket;
  hawser::WebSocket connecting;
  hawser::WebSocket flooded;
  hawser::Connection connection;
  hawser::Session session;
  hawser::Job sleeping;
  bool has_received = false;
};
Objects* objects;  // of the thread that ends
hawser::Sender sender;
hawser::Sender sender_of_connection;
hawser::Sender sender_of_session;

std::atomic<bool> has_ended = false;
std::binary_semaphore is_ready(0);
std::binary_semaphore is_queued(0);
std::binary_semaphore never(0);

std::atomic<int> server_saw_end = 0;

void check(bool is_so, const std::string& what) {
  if (is_so) return;
  std::printf("ended_thread: %s\n", what.c_str());
  emscripten_force_exit(1);
}

void must_live() { check(!has_ended, "an event of an ended thread"); }

/// Lets messages queue up before the thread ends.
void wait_for_messages() {
  is_ready.release();
  is_queued.acquire();
}

hawser::Task<> sleep_long() {
  co_await hawser::sleep_for(300ms);
  must_live();
}

hawser::Task<> run() {
  objects->connection = (co_await hawser::connect(server + "/echo")).value();
  objects->flooded = hawser::WebSocket::open(server + "/flood?count=5000&size=5&kind=text").value();
  objects->flooded.on_message([](const hawser::Message&) { must_live(); });
  objects->session = hawser::Session(server + "/echo");
  objects->session.on_message([](const hawser::Message&) { must_live(); });
  objects->session.on_status([](const hawser::SessionStatus&) { must_live(); });
  objects->socket = hawser::WebSocket::open(server + "/report?id=thread").value();
  objects->socket.on_close([](const hawser::CloseEvent&) { must_live(); });
  objects->socket.on_open([](hawser::WebSocket& socket) { socket.send("echo"); });
  objects->socket.on_message([](const hawser::Message&) {
    must_live();
    if (std::exchange(objects->has_received, true)) return;  // the sender's messages, echoed
    objects->connecting = hawser::WebSocket::open(server + "/echo").value();
    objects->connecting.on_open(must_live);
    objects->sleeping = hawser::start(sleep_long());
    sender = objects->socket.sender();
    sender_of_connection = objects->connection.sender();
    sender_of_session = objects->session.sender();
    wait_for_messages();
    if (way == Way::exit_in_handler) pthread_exit(nullptr);
    if (way == Way::cancel_in_handler) {
      is_ready.release();
      never.acquire();
    }
    if (way == Way::cancel) is_ready.release();
  });
  while (co_await objects->connection.receive()) must_live();
}

void* main_of_first(void*) {
  mark_worker();
  objects = new Objects;
  if (way == Way::exit_asleep) {
    objects->sleeping = hawser::start(sleep_long());
    pthread_exit(nullptr);
  }
  if (way == Way::exit) {
    objects->connecting = hawser::WebSocket::open(server + "/echo").value();
    objects->connecting.on_open(must_live);
    objects->sleeping = hawser::start(sleep_long());
    sender = objects->connecting.sender();
    wait_for_messages();
    pthread_exit(nullptr);
  }
  hawser::spawn(run());
  return nullptr;
}

void send_all(const hawser::Sender& to) {
  for (int i = 0; i < messages; ++i)
    check(to.send("message").has_value(), "a message was not queued");
}

void check_sender(const hawser::Sender& of, std::uint64_t dropped, const std::string& name) {
  const auto counters = of.counters();
  check(counters.queued == 0 && counters.queued_bytes == 0, name + ": messages are still queued");
  check(counters.dropped == dropped, name + ": dropped " + std::to_string(counters.dropped));
  check(dropped == 0 || counters.last_drop == Error::already_closed, name + ": another reason");
  check(of.send("late").error() == Error::already_closed,
        name + ": it accepts messages of an ended thread");
}

bool is_second_done = false;

hawser::Task<> run_after_it() {
  auto connection = (co_await hawser::connect(server + "/echo")).value();
  check((co_await connection.send("hello")).has_value(), "the second thread cannot send");
  check((co_await connection.receive())->text() == "hello", "the second thread does not receive");
  page_goes_offline_and_online();
  hawser::Session session(server + "/echo");
  session.send("hello");
  check((co_await session.receive())->text() == "hello",
        "the second thread's session does not receive");
  page_goes_offline_and_online();
  if (has_opened()) watch_server(server.c_str(), &server_saw_end);
  // Until the server has seen it, and the first thread's timers would have fired.
  for (int i = 0; i < 50 || (has_opened() && !server_saw_end); ++i)
    co_await hawser::sleep_for(10ms);
  is_second_done = true;
}

bool is_on_same_worker = false;

void* main_of_second(void*) {
  is_on_same_worker = is_worker_marked();
  is_ready.release();
  if (!is_on_same_worker) never.acquire();  // otherwise this worker would be reused next
  hawser::spawn(run_after_it());
  return nullptr;
}

void test() {
  pthread_t thread{};
  pthread_create(&thread, nullptr, main_of_first, nullptr);
  if (way != Way::exit_asleep) {
    is_ready.acquire();
    send_all(sender);
    if (has_opened()) {
      send_all(sender_of_connection);
      send_all(sender_of_session);
    }
    is_queued.release();
  }
  if (way == Way::cancel || way == Way::cancel_in_handler) {
    is_ready.acquire();
    pthread_cancel(thread);
  }
  pthread_join(thread, nullptr);
  has_ended = true;

  // A thread that is cancelled in its event loop may have sent before.
  const bool may_have_sent = way == Way::cancel;
  const auto dropped = [&](const hawser::Sender& of) {
    return may_have_sent ? of.counters().dropped : std::uint64_t{messages};
  };
  if (way != Way::exit_asleep) {
    check_sender(sender, dropped(sender), "socket");
    check(objects->connecting.close().error() == Error::wrong_thread, "close on a socket of it");
  }
  if (has_opened()) {
    check_sender(sender_of_connection, dropped(sender_of_connection), "connection");
    check_sender(sender_of_session, dropped(sender_of_session), "session");
    check(objects->connection.try_send("text").error() == Error::wrong_thread,
          "try_send on a connection of it");
    check(objects->session.close().error() == Error::wrong_thread, "close on a session of it");
  }
  delete objects;

  // The worker is free only once the browser's main thread has noticed the end.
  while (!is_on_same_worker) {
    std::this_thread::sleep_for(20ms);
    pthread_create(&thread, nullptr, main_of_second, nullptr);
    is_ready.acquire();
  }
  pthread_join(thread, nullptr);  // nothing of the first thread keeps it alive, or ends it early
  check(is_second_done, "the second thread ended while it waited");
}

}  // namespace

int main(int, char** arguments) {
  server = arguments[2];
  const std::string_view name = arguments[3];
  way = name == "exit"              ? Way::exit
        : name == "exit-asleep"     ? Way::exit_asleep
        : name == "exit-in-handler" ? Way::exit_in_handler
        : name == "cancel"          ? Way::cancel
                                    : Way::cancel_in_handler;
  test();
  std::puts("ended_thread: nothing of it is left");
  emscripten_force_exit(0);
}
