// Sessions under random orders of events and calls.

#include <catch_amalgamated.hpp>
#include <hawser/session.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <hawser/testing/browser.hpp>

using hawser::Error;
using hawser::Keep;
using hawser::Session;
using hawser::SessionState;
using namespace std::chrono_literals;

namespace {

/// A session that acts at random, on a peer that does so too. `faults` lists what went wrong.
class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) { begin(); }

  std::vector<std::string> faults;
  int connections = 0;
  int resent = 0;

  void step() {
    switch (below(18)) {
      case 0:
      case 1: open(); break;
      case 2: message(); break;
      case 3: end(); break;
      case 4:
      case 5:
      case 6: send(); break;
      case 7: confirm(); break;
      case 8:
      case 9: browser_.advance(std::chrono::milliseconds(below(3'000))); break;
      case 10: browser_.advance(std::chrono::seconds(below(100))); break;
      case 11: page(); break;
      case 12: close(); break;
      case 13:
      case 14: connect_anew(); break;
      case 15: ready(); break;
      case 16: buffer(below(2) * 1e5); break;
      default:
        if (below(8) == 0) begin();
    }
    check();
  }

  /// Restores the network, lets the peer answer, and checks that all waiting messages arrive.
  void finish() {
    browser_.go_online();
    browser_.show_page();
    buffer(0);
    chance_ = Chance::no;
    for (int i = 0; i < 200 && session_->ready_state() != hawser::ReadyState::open; ++i) {
      if (session_->ready_state() == hawser::ReadyState::closed) session_->retry_now();
      browser_.advance(1s);
      check();
      open();
      check();
    }
    if (session_->ready_state() != hawser::ReadyState::open) fault("it no longer connects");
    ready();
    check();
    if (!confirms_) {
      if (session_->outbox().size() > 0) fault("a kept message was not sent");
      if (!accepted_.empty()) skipped_before(accepted_.back() + 1);
    } else if (given_.empty() ? session_->outbox().size() > 0
                              : given_.back() != last_id_ && session_->outbox().size() > 0) {
      fault("a kept message was not handed over");
    }
    session_.reset();
    browser_.advance(0ms);
    if (browser_.attached_sockets() > 0) fault("a socket is left over");
    if (browser_.pending_timers() > 0) fault("a timer is left over");
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  void fault(std::string what) { faults.push_back(std::move(what)); }

  void begin() {
    session_.reset();
    hawser::SessionOptions options;
    hawser::SessionHandlers handlers;
    options.seed = random_();
    options.reconnect.min_uptime = 1s;
    options.reconnect.max_attempts = below(4) == 0 ? 3 : 1'000'000;
    options.connect_timeout = 10s;
    options.close_timeout = 2s;
    options.drain_timeout = 20s;
    is_gated_ = below(3) == 0;
    options.gate = is_gated_ ? hawser::Gate::closed : hawser::Gate::open;
    options.ready_timeout = 5s;
    options.when_hidden = below(2) == 0 ? hawser::WhenHidden::close : hawser::WhenHidden::keep;
    options.hidden_grace = std::chrono::seconds(below(30));
    options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
    confirms_ = below(3) > 0;
    options.outbox.acknowledgement =
        confirms_ ? hawser::Acknowledgement::by_app : hawser::Acknowledgement::none;
    most_kept_ = below(2) == 0 ? 3 : 20;
    options.outbox.max_outbox_messages = most_kept_;
    if (below(2) == 0) options.outbox.when_outbox_full = hawser::WhenOutboxFull::drop_newest;
    options.start = below(4) == 0 ? hawser::Start::later : hawser::Start::now;
    handlers.decide_reconnect = [this](const hawser::CloseEvent&, hawser::Decision decision) {
      if (chance_ == Chance::yes && below(10) == 0) decision.reconnect = false;
      if (chance_ == Chance::yes && below(10) == 0) CHECK(session_->reconnect());
      act();
      return decision;
    };
    is_pending_ = false;
    confirmed_ = last_id_ = last_number_ = 0;
    is_ready_ = false;
    given_.clear();
    accepted_.clear();
    unlimited_.clear();
    dropped_.clear();
    states_.clear();
    calls_seen_ = browser_.calls().size();
    session_.emplace("ws://host/", std::move(options), std::move(handlers));
    session_->on_open([this] {
      ++connections;
      if (!session_->send_now("hello")) fault("on_open without an open connection");
      act();
      if (below(4) == 0) ready();
    });
    if (below(4) == 0) {
      session_->on_message(hawser::discard);
    } else {
      session_->on_message([this](const hawser::Message&) { act(); });
    }
    session_->on_status([this](const hawser::SessionStatus& status) {
      if (!states_.empty() && states_.back() == status.state &&
          status.state != SessionState::waiting && status.state != SessionState::connecting)
        fault("a state was reported twice");
      states_.push_back(status.state);
      act();
    });
    session_->on_drop([this](const hawser::KeptMessage& message) {
      dropped_.insert(number_of(hawser::Message(message).text()));
      act();
    });
  }

  /// What a handler does.
  void act() {
    if (chance_ == Chance::no) return;
    switch (below(12)) {
      case 0: return send();
      case 1: return close();
      case 2: return connect_anew();
      default: return;
    }
  }

  void open() {
    if (!is_pending_) return;
    is_pending_ = false;
    browser_.peer().accept();
  }

  void buffer(double bytes) {
    if (has_connected()) browser_.peer().set_buffered_amount(bytes);
  }

  bool has_connected() const { return browser_.connections() > 0; }

  void message() {
    if (has_connected()) browser_.peer().raise_message("news");
  }

  void end() {
    if (!has_connected()) return;
    is_pending_ = false;
    if (below(2) == 0) browser_.peer().raise_error();
    browser_.peer().raise_close(below(10) == 0 ? 1008 : 1006, "", below(2) == 0);
  }

  void send() {
    if (below(6) == 0) return void(session_->send("now or never", Keep::no));
    if (!confirms_) return send_once();
    const auto id = session_->outbox().next_id();
    const auto result = session_->send(std::to_string(id));
    if (!result || result->delivery == hawser::Delivery::dropped) return;
    if (result->id != id) fault("next_id was not the next id");
    last_id_ = id;
  }

  /// Without confirmations, a message that is sent at once has no id.
  void send_once() {
    const bool has_limits =
        session_->ready_state() != hawser::ReadyState::open || (is_gated_ && !is_ready_);
    const auto number = ++last_number_;
    const auto result = session_->send(std::to_string(number));
    const bool is_accepted = result && result->delivery != hawser::Delivery::dropped;
    if (is_accepted) accepted_.push_back(number);
    if (is_accepted && !has_limits) unlimited_.push_back(number);
    if (!is_accepted && !has_limits) fault("an open session had no room");
  }

  void ready() {
    if (session_->ready()) is_ready_ = true;
  }

  /// The peer confirms some of the messages it got.
  void confirm() {
    if (given_.empty()) return;
    const auto id = given_[below(static_cast<std::uint32_t>(given_.size()))];
    session_->outbox().acknowledge(id);
    confirmed_ = std::max(confirmed_, id);
  }

  void close() {
    if (below(3) == 0 && session_->close()) is_closed_ = true;
  }

  void connect_anew() {
    if (session_->ready_state() == hawser::ReadyState::closed || below(8) > 0)
      return session_->retry_now();
    CHECK(session_->reconnect());
  }

  void page() {
    switch (below(7)) {
      case 0: return browser_.go_offline();
      case 1:
      case 2: return browser_.go_online();
      case 3: return browser_.hide_page();
      case 4:
      case 5: return browser_.show_page();
      default: is_pending_ = false;  // its peer has no connection left
    }
    browser_.leave_page();
    browser_.advance(std::chrono::seconds(below(100)));
    browser_.return_to_page();
  }

  /// Checks the browser's calls since the last time.
  void check() {
    const auto calls = browser_.calls();
    for (; calls_seen_ < calls.size(); ++calls_seen_) {
      const std::string& call = calls[calls_seen_];
      if (call.starts_with("new ")) {
        is_pending_ = true;
        is_greeted_ = is_closed_ = is_ready_ = false;
        is_fresh_ = true;
      }
      if (call.starts_with("send text ")) sent(call.substr(10));
    }
    if (browser_.attached_sockets() > 1) fault("two sockets at once");
    // Messages that were sent without limits, and then did not go out because a handler of the same
    // turn reconnected.
    const auto is_waiting = [this](auto one) {
      return (given_.empty() || one > given_.back()) && !dropped_.contains(one);
    };
    const auto unlimited = static_cast<std::size_t>(std::ranges::count_if(unlimited_, is_waiting));
    // Messages for this connection only stay until it has ended.
    if (session_->ready_state() == hawser::ReadyState::closing) return;
    if (session_->outbox().size() > most_kept_ + unlimited)
      fault("the outbox holds more than it may");
  }

  void sent(const std::string& text) {
    if (text == "hello") return void(is_greeted_ = is_fresh_ = true);
    if (!is_greeted_ && !is_closed_) fault("before the greeting of a connection: " + text);
    if (is_gated_ && !is_ready_) fault("before ready: " + text);
    if (text == "ping" || text == "now or never") return;
    const std::uint64_t id = number_of(text);
    if (!confirms_) return sent_once(id);
    std::uint64_t next = given_.empty() ? 1 : given_.back() + 1;
    while (dropped_.contains(next)) ++next;
    if (is_fresh_ && id < next) ++resent;
    if (is_fresh_ ? id > next : id != next) fault("out of order: " + text);
    is_fresh_ = false;
    given_.push_back(id);
  }

  void sent_once(std::uint64_t number) {
    if (!given_.empty() && number <= given_.back())
      fault("again, or out of order: " + std::to_string(number));
    if (!std::ranges::binary_search(accepted_, number))
      fault("not accepted: " + std::to_string(number));
    skipped_before(number);
    given_.push_back(number);
  }

  /// An accepted message that was not sent was dropped.
  void skipped_before(std::uint64_t number) {
    for (const auto one : accepted_) {
      if (one < number && (given_.empty() || one > given_.back()) && !dropped_.contains(one))
        fault("lost: " + std::to_string(one));
    }
  }

  static std::uint64_t number_of(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  enum class Chance : std::uint8_t { no, yes };

  std::mt19937 random_;
  Chance chance_ = Chance::yes;
  hawser::testing::Browser browser_;
  std::optional<Session> session_;
  std::vector<SessionState> states_;
  std::vector<std::uint64_t> given_;
  std::vector<std::uint64_t> accepted_;   // without confirmations
  std::vector<std::uint64_t> unlimited_;  // of those, the ones sent on an open connection
  std::set<std::uint64_t> dropped_;
  std::uint64_t confirmed_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_number_ = 0;
  std::size_t calls_seen_ = 0;
  std::size_t most_kept_ = 0;
  bool confirms_ = true;   // the app
  bool is_gated_ = false;  // each connection, until the app is ready
  bool is_ready_ = false;
  bool is_pending_ = false;  // a socket that is not open yet
  bool is_greeted_ = false;  // a connection that has sent its greeting
  bool is_closed_ = false;   // by the app, which sends accepted messages, even before on_open
  bool is_fresh_ = true;     // a connection that has sent no message yet
};

}  // namespace

TEST_CASE("a session keeps its promises in any order of events and calls", "[long]") {
  int connections = 0;
  int resent = 0;
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    for (int i = 0; i < 400 && world.faults.empty(); ++i) world.step();
    if (world.faults.empty()) world.finish();
    CAPTURE(seed);
    CHECK(world.faults == std::vector<std::string>());
    connections += world.connections;
    resent += world.resent;
  }
  // Otherwise the random choices test too little.
  CHECK(connections > 250);
  CHECK(resent > 50);
}
