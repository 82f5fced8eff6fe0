// A program that ends by itself once its last connection has ended and its last wait is over, and
// not before. Other work on its thread may end earlier, which would normally make Emscripten end
// the thread.
//
//   keep_alive --server ws://HOST:PORT [exit|force]
//
// With `exit`, it calls exit() while a connection is open. With `force`, it forces its exit after
// all events: a page does not notice that a thread, and with it main(), has ended.

#include <emscripten/emscripten.h>
#include <hawser/hawser.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace std::chrono_literals;

std::string server;
bool calls_exit = false;
bool is_forced = false;
hawser::WebSocket socket;
hawser::Session session;
hawser::Job job;

/// Other work, which is done at once.
void do_other_work() {
  emscripten_async_call([](void*) {}, nullptr, 0);
}

hawser::Task<> converse() {
  do_other_work();
  co_await hawser::sleep_for(20ms);
  auto connection = co_await hawser::connect(server + "/echo");
  do_other_work();
  co_await connection->receive({.timeout = 20ms});
  co_await connection->send("hello");
  co_await connection->receive();
  do_other_work();
  co_await connection->close();
  session = hawser::Session(server + "/close?code=1012");  // and again, after a wait
  session.on_status([](const hawser::SessionStatus& status) {
    do_other_work();
    if (status.state == hawser::SessionState::open && session.counters().connections == 2) {
      session.close();
      std::puts("keep_alive: everything arrived");
      if (is_forced) emscripten_force_exit(0);
    }
  });
}

}  // namespace

int main(int count, char** arguments) {
  server = arguments[2];
  calls_exit = count > 3 && arguments[3] == std::string("exit");
  is_forced = count > 3 && arguments[3] == std::string("force");
  socket = hawser::WebSocket::open(server + "/echo").value();
  socket.on_open([] { socket.send("hello"); });
  socket.on_message([](const hawser::Message&) {
    if (calls_exit) {
      std::puts("keep_alive: exits");
      std::exit(0);
    }
    socket.close(4000);
    do_other_work();
  });
  socket.on_close([](const hawser::CloseEvent&) { job = hawser::start(converse()); });
  do_other_work();
}
