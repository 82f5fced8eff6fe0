// Records a session whose first two connections are lost, and prints the recording as HAR:
// tests/browser/observed.test.mjs.
//
//   observed --server ws://HOST:PORT

#include <emscripten/emscripten.h>
#include <hawser/recorder.hpp>
#include <hawser/session.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

namespace {

using namespace std::chrono_literals;

std::optional<hawser::Recorder> recorder;
hawser::Session session;

constexpr std::array bytes{std::byte{0}, std::byte{0xff}, std::byte{16}, std::byte{'a'}};
const std::string unusual = "a \"line\"\\\n\t\x01 and h\u00e9llo \u2028 \u2029 \U0001F680 \ufeff";

void send_all(hawser::Session& opened) {
  opened.send_now(bytes);
  opened.send_now(unusual);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) std::abort();
  const std::string server = arguments[2];
  recorder.emplace();
  hawser::SessionOptions options;
  options.reconnect.backoff = {.base = 1ms, .cap = 1ms};
  // The first two servers cut the connection at the first message.
  session = hawser::Session({{.url = server + "/drop-after-message?one=1"},
                             {.url = server + "/drop-after-message?two=2"},
                             {.url = server + "/echo"}},
                            options);
  session.on_open(send_all);
  session.on_message([](hawser::Session& open, const hawser::Message& message) {
    if (message.is_text()) open.close(4000, "enough");
  });
  session.on_status([](const hawser::SessionStatus& status) {
    if (status.state != hawser::SessionState::stopped) return;
    std::printf("%s", recorder->har().c_str());
    std::fflush(stdout);
    emscripten_force_exit(0);
  });
}
