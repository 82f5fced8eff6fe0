// Handlers that take or return the wrong types. None compiles, and the compiler says why. MISTAKE
// chooses one.

#include <hawser/hawser.hpp>

void set(hawser::WebSocket& socket, hawser::SessionHandlers& handlers) {
#if MISTAKE == 1
  socket.on_message([](const hawser::CloseEvent&) {});
#elif MISTAKE == 2
  socket.on_open([](hawser::Session&) {});
#elif MISTAKE == 3
  handlers.is_pong = [](const hawser::Message&) {};
#elif MISTAKE == 4
  socket.on_close([](const hawser::CloseEvent&, hawser::WebSocket&) {});
#elif MISTAKE == 5
  const hawser::Handler<int(int)> handler = [](const char*) { return 1; };
#endif
}
