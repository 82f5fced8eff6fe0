// hawser's C++ work for each message, natively: callgrind counts its instructions
// (instructions.mjs). Received messages are counted in the seam's event hawser_on_message, sent
// ones in send_one. With "page" as the first argument: the cost of a page's event with that many
// sessions, in the seam's event hawser_on_page.

#include <hawser/hawser.hpp>
#include <hawser/testing/browser.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

std::size_t received_bytes = 0;

void count(const hawser::Message& message) { received_bytes += message.bytes().size(); }

hawser::Task<> receive_all(hawser::Connection& connection) {
  while (const auto message = co_await connection.receive()) count(*message);
}

/// A way to receive and to send. For each, first the peer sends its messages, and then this program
/// does.
struct Way {
  hawser::WebSocket socket;
  hawser::Connection connection;
  hawser::Session session;
  void (*send)(Way&, std::string_view);
};

void open_socket(Way& way) {
  way.socket = std::move(*hawser::WebSocket::open("wss://example.org/"));
  way.socket.on_message(count);
  way.send = [](Way& self, std::string_view bytes) {
    (void)self.socket.send(std::as_bytes(std::span(bytes)));
  };
}

void open_connection(Way& way) {
  // Without a mark, since this browser never reports that it has sent buffered data.
  way.connection =
      std::move(*hawser::Connection::open("wss://example.org/", {.high_water_mark = UINT64_MAX}));
  hawser::spawn(receive_all(way.connection));
  way.send = [](Way& self, std::string_view bytes) {
    (void)self.connection.try_send(std::as_bytes(std::span(bytes)));
  };
}

void open_session(Way& way) {
  way.session = hawser::Session("wss://example.org/", {}, {.on_message = count});
  way.send = [](Way& self, std::string_view bytes) {
    (void)self.session.send(std::as_bytes(std::span(bytes)));
  };
}

const std::map<std::string_view, void (*)(Way&)> ways = {
    {"handler", open_socket}, {"co_await", open_connection}, {"session", open_session}};

/// The network of a page with many sessions goes away, and returns.
int change_page(std::size_t count) {
  hawser::testing::Browser browser;
  browser.on_connection([](hawser::testing::Peer peer) { peer.accept(); });
  std::vector<hawser::Session> sessions;
  for (std::size_t i = 0; i < count; ++i) {
    // Each waits for its next heartbeat.
    sessions.emplace_back("wss://example.org/",
                          hawser::SessionOptions{.heartbeat = {.ping = "ping"}});
  }
  browser.run_until_idle();
  browser.go_offline();
  browser.run_until_idle();
  browser.go_online();
  browser.run_until_idle();
  return static_cast<std::size_t>(browser.connections()) == count ? 0 : 1;
}

}  // namespace

extern "C" [[gnu::noinline]] void send_one(Way& way, std::string_view bytes) {
  way.send(way, bytes);
}

/// WAY BYTES COUNT, or page SESSIONS
int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "page")
    return change_page(std::strtoul(argv[2], nullptr, 10));
  if (argc != 4) return 2;
  const auto open = ways.find(argv[1]);
  if (open == ways.end()) return 2;
  const std::string bytes(std::strtoul(argv[2], nullptr, 10), 'x');
  const auto times = std::strtoul(argv[3], nullptr, 10);

  hawser::testing::Browser browser;
  Way way;
  open->second(way);
  auto peer = browser.expect_connection();
  peer.accept();
  browser.run_until_idle();
  for (std::size_t i = 0; i < times; ++i) {
    peer.send(std::as_bytes(std::span(bytes)));
    browser.run_until_idle();
  }
  for (std::size_t i = 0; i < times; ++i) {
    send_one(way, bytes);
    peer.expect_binary(std::as_bytes(std::span(bytes)));
  }
  if (received_bytes != times * bytes.size()) return 1;
  std::puts(__VERSION__);
}
