// Runs unchanged code of a desktop program over a WebSocket: it talks to a mail server (RFC 5321
// §3.1) through a std::iostream, and blocks until the replies arrive.
//
//   blocking_lines wss://example.org/smtp
//
// Compile it with -pthread, and link it with -sPROXY_TO_PTHREAD so that main() may block.

#include <hawser/hawser.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;

/// Makes a connection's bytes available to std::iostream.
class ConnectionBuffer : public std::streambuf {
 public:
  explicit ConnectionBuffer(hawser::blocking::Connection& connection) : connection_(connection) {
    setp(out_.data(), out_.data() + out_.size());
  }

 protected:
  int_type underflow() override {
    do {
      auto message = connection_.receive({.timeout = 10s});
      if (!message) return traits_type::eof();
      in_ = message->text();
    } while (in_.empty());
    setg(in_.data(), in_.data(), in_.data() + in_.size());
    return traits_type::to_int_type(in_.front());
  }

  int_type overflow(int_type next) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(next, traits_type::eof())) sputc(traits_type::to_char_type(next));
    return traits_type::not_eof(next);
  }

  int sync() override {
    const std::span<const char> bytes(pbase(), pptr());
    if (!bytes.empty() && !connection_.send(std::as_bytes(bytes), {.timeout = 10s})) return -1;
    setp(out_.data(), out_.data() + out_.size());
    return 0;
  }

 private:
  hawser::blocking::Connection& connection_;
  std::string in_;
  std::array<char, 1024> out_;
};

// From here on, this is the desktop program's code. It does not know about hawser.

/// Reads a reply and returns its last line. In the lines before it, a hyphen follows the code.
std::string read_reply(std::istream& server) {
  std::string line;
  while (std::getline(server, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.size() < 4 || line[3] != '-') return line;
  }
  return "the server does not reply";
}

/// Returns whether the dialogue can continue.
bool show(const std::string& reply) {
  std::puts(reply.c_str());
  return reply.starts_with('2');
}

void talk(std::iostream& server) {
  if (!show(read_reply(server))) return;
  for (const std::string_view line : {"EHLO example.org", "NOOP", "QUIT"}) {
    server << line << "\r\n" << std::flush;
    if (!show(read_reply(server))) return;
  }
}

// The desktop program's code ends here.

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::puts("usage: blocking_lines URL"), 2;
  auto connection = hawser::blocking::connect(arguments[1]);
  if (!connection) return std::puts(hawser::describe(connection.error())), 1;
  ConnectionBuffer buffer(*connection);
  std::iostream server(&buffer);
  talk(server);
  const auto end = connection->close();
  if (!end) return std::puts(hawser::describe(end.error())), 1;
  std::printf("closed: %d\n", end->code);
}
