// Connections and coroutines that start, wait and end in random order.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "connected.hpp"

using hawser::ByteStream;
using hawser::Connection;
using namespace std::chrono_literals;

namespace {

/// A waiting coroutine, whatever it waits for.
struct Waiting {
  virtual ~Waiting() = default;
  virtual bool is_over() const = 0;
  virtual int resumptions() const = 0;
};

template <typename Operation>
struct WaitingFor final : Waiting {
  WaitingFor(Operation operation, std::function<void()> then) : awaited(std::move(operation)) {
    awaited.then = std::move(then);
  }
  bool is_over() const override { return awaited.result.has_value(); }
  int resumptions() const override { return awaited.resumptions; }
  Awaited<Operation> awaited;
};

/// A socket of the browser, and the app's end of it.
struct Peer {
  explicit Peer(int of) : nth(of) {}

  int nth;
  std::vector<std::byte> buffer = std::vector<std::byte>(64);
  std::optional<Connection> connection;  // none while it connects, and after it is destroyed
  std::optional<ByteStream> stream;
  std::stop_source stop;
  std::unique_ptr<Waiting> connecting;
};

class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {}

  void step() {
    ++steps_;
    switch (below(16)) {
      case 0: return connect();
      case 1: return receive();
      case 2: return receive();
      case 3: return receive_into();
      case 4: return read_some();
      case 5: return send();
      case 6: return write_all();
      case 7: return message();
      case 8: return message();
      case 9: return event();
      case 10: return close();
      case 11: return browser.advance(std::chrono::milliseconds(below(40)));
      case 12: return stop();
      case 13: return destroy_coroutine();
      case 14: return destroy_connection();
      default: return sweep();
    }
  }

  /// Destroys all connections, and resumes every coroutine that still waits.
  void finish() {
    for (auto& peer : peers_) {
      peer->connection.reset();
      peer->connecting.reset();
    }
    browser.advance(1h);
    sweep();
  }

  hawser::testing::Browser browser;
  int resumed_twice = 0;
  int over = 0;

  std::size_t still_waiting() const { return waiting_.size(); }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool one_in(std::uint32_t times) { return below(times) == 0; }

  Peer* any() {
    return peers_.empty() ? nullptr
                          : peers_[below(static_cast<std::uint32_t>(peers_.size()))].get();
  }
  Peer* any_connected() {
    Peer* const peer = any();
    return peer && peer->connection ? peer : nullptr;
  }

  hawser::WaitOptions options(const Peer& peer) {
    hawser::WaitOptions chosen;
    if (one_in(3)) chosen.timeout = std::chrono::milliseconds(below(50));
    if (one_in(3)) chosen.stop = peer.stop.get_token();
    return chosen;
  }

  /// What a coroutine does when it continues.
  std::function<void()> what_then() {
    return [this] {
      ++over;
      if (++depth_ > 3) return void(--depth_);
      if (one_in(3)) message();
      if (one_in(3)) receive();
      if (one_in(4)) send();
      if (one_in(6)) destroy_waiting();
      if (one_in(9)) destroy_connection();
      if (one_in(9)) close();
      --depth_;
    };
  }

  template <typename Operation>
  void await(Operation operation) {
    waiting_.push_back(std::make_unique<WaitingFor<Operation>>(std::move(operation), what_then()));
  }

  void connect() {
    // Old ones are destroyed, so that there are never many.
    if (peers_.size() > 6) return;
    auto& peer = peers_.emplace_back(std::make_unique<Peer>(constructed_++));
    const hawser::ConnectOptions chosen{
        .connect_timeout = std::chrono::milliseconds(1 + below(500)),
        .close_timeout = std::chrono::milliseconds(1 + below(50)),
        .stop = one_in(4) ? peer->stop.get_token() : std::stop_token(),
        .high_water_mark = 100,
        .low_water_mark = below(100),
        .max_message_size = one_in(3) ? 60u : 1000u,
        .max_inbox_bytes = one_in(3) ? 200u : 10'000u,
        .when_inbox_full =
            one_in(2) ? hawser::WhenInboxFull::close : hawser::WhenInboxFull::drop_oldest,
    };
    const auto operation = [chosen] { return hawser::connect("ws://host/", chosen); };
    auto connecting = std::make_unique<WaitingFor<decltype(operation)>>(operation, nullptr);
    connecting->awaited.then = [this, to = peer.get(), from = &connecting->awaited] {
      ++over;
      if (!from->result->has_value()) return;
      to->connection = std::move(**from->result);
      to->stream.emplace(*to->connection);
    };
    peer->connecting = std::move(connecting);
    if (!one_in(4)) browser.peer().accept();
  }

  void receive() {
    if (Peer* const peer = any_connected()) {
      await([peer, chosen = options(*peer)] { return peer->connection->receive(chosen); });
    }
  }

  void receive_into() {
    if (Peer* const peer = any_connected()) {
      // Each gets its own buffer: two waiting coroutines must not share one.
      auto buffer = std::make_shared<std::vector<std::byte>>(below(300));
      await([peer, buffer, chosen = options(*peer)] {
        return peer->connection->receive_into(*buffer, chosen);
      });
    }
  }

  void read_some() {
    if (Peer* const peer = any_connected()) {
      auto buffer = std::make_shared<std::vector<std::byte>>(below(100));
      await([peer, buffer, chosen = options(*peer)] {
        return peer->stream->read_some(*buffer, chosen);
      });
    }
  }

  void send() {
    if (Peer* const peer = any_connected()) {
      if (one_in(4)) return void(peer->connection->try_send("at once"));
      auto text = std::make_shared<std::string>(below(80), one_in(20) ? '\xff' : 's');
      await(
          [peer, text, chosen = options(*peer)] { return peer->connection->send(*text, chosen); });
    }
  }

  void write_all() {
    if (Peer* const peer = any_connected()) {
      auto bytes = std::make_shared<std::vector<std::byte>>(below(4) * 10'000);
      await([peer, bytes, chosen = options(*peer)] {
        return peer->stream->write_all(*bytes, chosen);
      });
    }
  }

  void message() {
    Peer* const peer = any();
    if (!peer) return;
    const std::string text(below(120), 't');
    one_in(3) ? browser.peer(peer->nth).raise_message(text)
              : browser.peer(peer->nth).raise_message(std::as_bytes(std::span(text)));
  }

  void event() {
    Peer* const peer = any();
    if (!peer) return;
    if (peer->connecting && !peer->connecting->is_over() && !one_in(8))
      return browser.peer(peer->nth).accept();
    switch (below(12)) {
      case 0: return browser.peer(peer->nth).raise_error();
      case 1: return browser.peer(peer->nth).raise_close(1000, "a reason");
      case 2: return browser.peer(peer->nth).cut();
      default: return browser.peer(peer->nth).set_buffered_amount(below(150));
    }
  }

  void close() {
    Peer* const peer = any_connected();
    if (!peer || !one_in(3)) return;
    await([peer, chosen = options(*peer), code = one_in(5) ? 1 : 1000] {
      return peer->connection->close(code, "bye", chosen);
    });
  }

  void stop() {
    Peer* const peer = any();
    if (!peer) return;
    peer->stop.request_stop();
    peer->stop = std::stop_source();
  }

  /// Destroys a waiting coroutine, whoever calls this.
  void destroy_waiting() {
    if (waiting_.empty()) return;
    const auto which =
        std::next(waiting_.begin(),
                  static_cast<std::ptrdiff_t>(below(static_cast<std::uint32_t>(waiting_.size()))));
    // A finished one may be the caller of this function.
    if (*which && !(*which)->is_over() && (*which)->resumptions() == 0) waiting_.erase(which);
  }

  void destroy_coroutine() {
    destroy_waiting();
    Peer* const peer = any();
    if (peer && one_in(8) && depth_ == 0 && !peer->connection) peer->connecting.reset();
  }

  void destroy_connection() {
    Peer* const peer = any_connected();
    if (!peer || (peer->connection->ready_state() != hawser::ReadyState::closed && !one_in(4)))
      return;
    // The stream stays alive: its readers continue with an error.
    peer->connection.reset();
  }

  /// Forgets finished coroutines and connections.
  void sweep() {
    if (depth_ > 0) return;
    for (auto which = waiting_.begin(); which != waiting_.end();) {
      if ((*which)->resumptions() > 1) ++resumed_twice;
      which = (*which)->is_over() ? waiting_.erase(which) : std::next(which);
    }
    browser.advance(0ms);  // cancelled readers continue while their stream is alive
    std::erase_if(peers_, [](const auto& peer) {
      return !peer->connection && (!peer->connecting || peer->connecting->is_over());
    });
  }

  std::mt19937 random_;
  int steps_ = 0;
  int depth_ = 0;
  int constructed_ = 0;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::list<std::unique_ptr<Waiting>> waiting_;
};

}  // namespace

TEST_CASE("in any order of events, each wait ends at most once and nothing is left behind",
          "[long]") {
  const auto seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  World world(seed);
  for (int i = 0; i < 3000; ++i) world.step();
  world.finish();
  CHECK(world.over > 300);
  CHECK(world.resumed_twice == 0);
  CHECK(world.still_waiting() == 0);
  CHECK(world.browser.attached_sockets() == 0);
  CHECK(world.browser.pending_timers() == 0);
  CHECK(world.browser.reported_exceptions() == 0);
}
