// The C++ half of the view "Throughput": sends messages as fast as the connection accepts them, and
// counts the echoes. `co_await connection.send` waits while too much is queued in the browser, so
// memory does not fill up. The other half, throughput.mjs, draws the figures.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

namespace {

using emscripten::val;
using namespace std::chrono_literals;

/// Doubles, because 64-bit integers would reach the page as BigInts.
struct Figures {
  double sent_messages = 0, sent_bytes = 0, received_messages = 0, received_bytes = 0,
         buffered_amount = 0;
};

// The listeners that the page passed to `listen`.
val page = val::undefined();

hawser::Job job;                        // `run`
hawser::Connection* current = nullptr;  // the connection of `run`, while it is open
Figures figures;

hawser::Task<> receive(hawser::Connection& connection, std::size_t size) {
  std::vector<std::byte> buffer(size);
  while (const auto message = co_await connection.receive_into(buffer)) {
    ++figures.received_messages;
    figures.received_bytes += static_cast<double>(message->bytes().size());
  }
}

hawser::Task<> run(std::string url, std::size_t size) {
  // Large enough that the network always has something to send, but no more messages than the page
  // can send in one task without stuttering.
  const std::uint64_t mark = std::min(std::uint64_t{1} << 20, std::uint64_t{size} * 1024);
  auto connection = co_await hawser::connect(
      url, {.connect_timeout = 5s, .high_water_mark = mark, .low_water_mark = mark / 2});
  if (!connection) co_return page.call<void>("ended", std::string(describe(connection.error())));

  current = &*connection;
  page.call<void>("started");
  const auto receiving = hawser::start(receive(*connection, size));
  const std::vector<std::byte> message(size, std::byte{0x2A});
  auto sent = co_await connection->send(message);
  for (; sent; sent = co_await connection->send(message)) {
    ++figures.sent_messages;
    figures.sent_bytes += static_cast<double>(size);
  }
  const auto end = co_await connection->close();
  current = nullptr;
  const auto why = end && end->error ? *end->error : sent.error();
  page.call<void>("ended", std::string(describe(why)));
}

/// Closes the connection without waiting for pending messages.
void stop() {
  job = {};
  current = nullptr;
}

void start(const std::string& url, std::size_t size) {
  stop();
  figures = {};
  job = hawser::start(run(url, size));
}

Figures current_figures() {
  figures.buffered_amount = current ? static_cast<double>(current->buffered_amount()) : 0;
  return figures;
}

void listen(val listeners) { page = std::move(listeners); }

}  // namespace

EMSCRIPTEN_BINDINGS(throughput) {
  emscripten::value_object<Figures>("Figures")
      .field("sentMessages", &Figures::sent_messages)
      .field("sentBytes", &Figures::sent_bytes)
      .field("receivedMessages", &Figures::received_messages)
      .field("receivedBytes", &Figures::received_bytes)
      .field("bufferedAmount", &Figures::buffered_amount);
  emscripten::function("listen", listen);
  emscripten::function("start", start);
  emscripten::function("stop", stop);
  emscripten::function("figures", current_figures);
}
