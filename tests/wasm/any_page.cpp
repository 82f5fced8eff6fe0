// Checks that text is exact however the page that loads this program is served:
// tests/browser/served.test.mjs. Exits with status 0 on success.
//
//   any_page --server ws://HOST:PORT

#include <emscripten/emscripten.h>
#include <hawser/hawser.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

hawser::WebSocket socket;

/// Each kind of bytes that is not UTF-8 (Unicode 15, table 3-7).
const std::vector<std::string> invalid{
    "\x80",
    "\xbf",
    "\xc0\x80",
    "\xc1\xbf",
    "\xc3",
    "\xc3\x28",
    "\xe0\x80\xaf",
    "\xe0\x9f\xbf",
    "\xe2\x82",
    "\xe2\x28\xa1",
    "\xed\xa0\x80",
    "\xed\xbf\xbf",
    "\xf0\x9f\x98",
    "\xf0\x80\x80\x80",
    "\xf0\x8f\xbf\xbf",
    "\xf4\x90\x80\x80",
    "\xf5",
    "\xff",
};

/// U+FFFD itself is text like any other.
const std::vector<std::string> valid{"h\u00e9llo \u20ac \U0001F680 \ufffd",
                                     std::string(40, 'x') + "h\u00e9llo \u20ac \U0001F680 \ufffd",
                                     "\ufeff" + std::string(5'000, 'y') + "\u20ac"};
std::size_t next = 0;

void end(int status, const char* why) {
  std::printf("any_page: %s\n", why);
  emscripten_force_exit(status);
}

bool is_refused(const std::string& text) {
  return socket.send(text).error_or(hawser::Error{}) == hawser::Error::invalid_utf8;
}

void on_open() {
  for (const std::string& bytes : invalid) {
    for (const std::size_t padding : {0uz, 40uz, 5'000uz}) {
      const std::string around(padding, 'x');
      if (!is_refused(bytes + around) || !is_refused(around + bytes) ||
          !is_refused(around + bytes + around)) {
        return end(1, "text that is not UTF-8 was sent");
      }
    }
  }
  for (const std::string& text : valid) {
    if (!socket.send(text)) return end(1, "text was refused");
  }
}

void on_message(const hawser::Message& message) {
  if (message.text() != valid[next]) return end(1, "text was not echoed exactly");
  if (++next == valid.size() && !socket.close(4000, "h\u00e9llo \ufffd"))
    end(1, "close was refused");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) std::abort();
  socket = hawser::WebSocket::open(std::string(arguments[2]) + "/echo").value();
  socket.on_open(on_open);
  socket.on_message(on_message);
  socket.on_close([](const hawser::CloseEvent& event) {
    const bool is_exact = next == valid.size() && event.reason == "h\u00e9llo \ufffd";
    end(is_exact ? 0 : 1,
        is_exact ? "all text is exact" : "the connection ended in an unexpected way");
  });
}
