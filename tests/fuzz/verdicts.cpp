// Answers for oracle.mjs what hawser refuses. Each input is its size in three bytes, the least
// significant first, followed by that many bytes. Each answer is a line of four numbers, the Errors
// of check_url, of text, of check_protocols (strings separated by NULs), and of check_close (two
// bytes of code, then the reason). Zero means no error.

#include <cstdint>
#include <cstdio>
#include <string>

#include "../../wasm/src/socket/utf8.hpp"
#include "../../wasm/src/socket/validation.hpp"
#include "input.hpp"

namespace {

bool read(std::string& text) {
  unsigned char size[3];
  if (std::fread(size, 1, sizeof size, stdin) != sizeof size) return false;
  text.resize(size[0] + 256u * size[1] + 65'536u * size[2]);
  return std::fread(text.data(), 1, text.size(), stdin) == text.size();
}

int number_of(std::optional<hawser::Error> error) { return error ? static_cast<int>(*error) : 0; }

int close_verdict(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
  };
  return number_of(hawser::check_close(byte(0) | byte(1) << 8,
                                       text.substr(std::min<std::size_t>(2, text.size()))));
}

}  // namespace

int main() {
  std::string text;
  while (read(text)) {
    const int utf8 = hawser::is_utf8(text) ? 0 : static_cast<int>(hawser::Error::invalid_utf8);
    std::printf("%d %d %d %d\n", number_of(hawser::check_url(text)), utf8,
                number_of(hawser::check_protocols(fuzz::split(text))), close_verdict(text));
  }
}
