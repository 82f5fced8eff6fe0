// A frame loop without callbacks or coroutines. As in a game, each frame handles the messages that
// have arrived.
//
//   frame_loop wss://example.org/feed

#include <emscripten/emscripten.h>
#include <hawser/hawser.hpp>

#include <cstdio>

namespace {

hawser::Session session;

void frame() {
  while (auto message = session.try_receive()) {
    std::printf("%.*s\n", int(message->text().size()), message->text().data());
  }
  if (session.status().state != hawser::SessionState::stopped) return;
  std::puts("stopped");
  emscripten_cancel_main_loop();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::puts("usage: frame_loop URL"), 2;
  session = hawser::Session(arguments[1], {.reconnect = {.max_attempts = 0}});
  session.send("secret");
  session.send("subscribe");
  emscripten_set_main_loop(frame, 0, false);
}
