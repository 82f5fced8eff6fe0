// Programs that must not compile: MISTAKE chooses one. The compiler's first error must name the
// mistake.

#include <hawser/hawser.hpp>

#include <list>
#include <utility>
#include <vector>

hawser::Task<> await_what_cannot_be_awaited(hawser::Connection& connection,
                                            hawser::Task<int> task) {
#if MISTAKE == 7
  co_await connection.try_receive();
#elif MISTAKE == 8
  co_await task;
#else
  co_await connection.receive();
  co_await std::move(task);
#endif
}

void send_what_cannot_be_sent(hawser::WebSocket& socket) {
#if MISTAKE == 1
  socket.send(std::vector<int>{1});
#elif MISTAKE == 2
  socket.send(std::list<char>{'a'});
#elif MISTAKE == 3
  socket.send(42);
#elif MISTAKE == 4
  hawser::Message message = hawser::OwnedMessage();
#elif MISTAKE == 5
  hawser::Session("ws://host/");
#elif MISTAKE == 6
  hawser::WebSocket::open("ws://host/");
#elif MISTAKE == 9
  socket.on_open([](hawser::WebSocket&) -> hawser::Task<> { co_return; });
#elif MISTAKE == 10
  socket.on_message([](const hawser::Message&) -> hawser::Task<> { co_return; });
#elif MISTAKE == 11
  hawser::spawn([]() -> hawser::Task<> { co_return; });
#elif MISTAKE == 12
  const auto job = hawser::start(hawser::sleep_for({}));
#endif
}
