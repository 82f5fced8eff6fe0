// A protocol designed for TCP, over a WebSocket that carries its bytes: a dialogue with a mail
// server (RFC 5321 §3.1). Replies may have several lines, and the network may split them anywhere.
//
//   lines wss://example.org/smtp

#include <hawser/hawser.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <expected>
#include <span>
#include <string>

namespace {

using namespace std::chrono_literals;

template <typename Value>
using Result = std::expected<Value, hawser::Error>;

class MailServer {
 public:
  explicit MailServer(hawser::Connection& connection) : stream_(connection) {}

  hawser::Task<Result<std::string>> command(std::string line) {
    line += "\r\n";
    const auto sent = co_await stream_.write_all(std::as_bytes(std::span(line)), {.timeout = 10s});
    if (!sent) co_return std::unexpected(sent.error());
    co_return co_await read_reply();
  }

  /// Returns the last line of a reply. In the lines before it, a hyphen follows the code.
  hawser::Task<Result<std::string>> read_reply() {
    for (;;) {
      auto line = co_await read_line();
      if (!line || line->size() < 4 || (*line)[3] != '-') co_return line;
    }
  }

 private:
  hawser::Task<Result<std::string>> read_line() {
    for (;;) {
      const auto end = unread_.find("\r\n");
      if (end != std::string::npos) {
        std::string line = unread_.substr(0, end);
        unread_.erase(0, end + 2);
        co_return line;
      }
      if (unread_.size() > longest_line)
        co_return std::unexpected(hawser::Error::message_too_large);
      std::array<char, 1024> buffer;
      const auto size =
          co_await stream_.read_some(std::as_writable_bytes(std::span(buffer)), {.timeout = 10s});
      if (!size) co_return std::unexpected(size.error().error);
      if (*size == 0) co_return std::unexpected(hawser::Error::closed);
      unread_.append(buffer.data(), *size);
    }
  }

  static constexpr std::size_t longest_line = 512;  // RFC 5321 §4.5.3.1.5

  hawser::ByteStream stream_;
  std::string unread_;
};

/// Prints the reply. Returns whether the dialogue can continue.
bool show(const Result<std::string>& reply) {
  std::puts(reply ? reply->c_str() : hawser::describe(reply.error()));
  return reply && reply->starts_with('2');
}

hawser::Task<> talk(std::string url) {
  auto connection = co_await hawser::connect(url);
  if (!connection) co_return void(show(std::unexpected(connection.error())));

  MailServer server(*connection);
  if (!show(co_await server.read_reply())) co_return;
  for (const char* line : {"EHLO example.org", "NOOP", "QUIT"}) {
    if (!show(co_await server.command(line))) co_return;
  }
  const auto end = co_await connection->close();
  if (!end) co_return void(show(std::unexpected(end.error())));
  std::printf("closed: %d\n", end->code);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::puts("usage: lines URL"), 2;
  hawser::spawn(talk(arguments[1]));
}
