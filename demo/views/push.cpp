// The C++ half of the view "Push or poll": the WebSocket, a clock in sync with the server's, and
// the figures of all five ways. push.mjs implements the other four ways, and shows the figures.
// server/news.mjs describes the protocol.

#include <emscripten.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

namespace {

using emscripten::val;
using namespace std::chrono_literals;

/// In the order of the server's figures. The page uses the same numbers.
enum Way : std::uint8_t { web_socket, events, long_polling, polling, conditional_polling };

constexpr std::size_t way_count = 5;
constexpr std::size_t most_ages = 500;
constexpr std::size_t most_clocks = 20;
constexpr double rate_span = 10'000;  // ms over which rates per second are measured
constexpr double least_rate_span = 2'000;

constexpr double unknown = NAN;

/// The news received in one way.
struct Arrivals {
  double last = 0;  // the number of the last event
  std::string content;
  double count = 0;
  std::deque<double> ages;  // of the newest events, in ms
};

/// What one way has cost, as counted by the server.
struct Costs {
  double up = 0, down = 0;  // bytes
  double requests = 0, empty = 0, connections = 0;
  double held = 0;  // ms for which connections were open, in total
};

struct Sample {
  double time;  // on the server's clock
  std::array<Costs, way_count> costs;
};

/// How far the server's clock is ahead, and how long the request took.
struct Clock {
  double offset, round_trip;
};

struct Settings {
  double rate = 1;  // events per second
  bool keeps_alive = true, compresses = false;
};

val page = val::undefined();  // the listeners that the page passed to `openFeed`

Settings settings;
std::string news_url;
std::array<Arrivals, way_count> arrivals;
std::deque<Sample> samples;  // newest last
std::deque<Clock> clocks;

hawser::Session control;
hawser::Job asking;   // the requests for the server's clock
hawser::Job reading;  // the WebSocket's news

/// Parses a text as a sequence of whole numbers.
class Numbers {
 public:
  explicit Numbers(std::string_view text) : rest_(text) {}

  double next() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size()));
    std::uint64_t number = 0;
    const auto [end, _] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return static_cast<double>(number);
  }

  /// Times are in microseconds on the wire, and in milliseconds here.
  double next_time() { return next() / 1000; }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// The clock

/// The fastest answer is the most exact: its error is at most half its round trip.
Clock clock() {
  const auto best = std::ranges::min_element(clocks, {}, &Clock::round_trip);
  return best == clocks.end() ? Clock{unknown, unknown} : *best;
}

void set_clock(Numbers numbers) {
  const auto now = emscripten_get_now();
  const auto asked = numbers.next_time();
  const auto answered = numbers.next_time();
  clocks.push_back({.offset = answered - (asked + now) / 2, .round_trip = now - asked});
  if (clocks.size() > most_clocks) clocks.pop_front();
}

hawser::Task<> ask_for_clock() {
  for (auto wait = 100ms;; wait = std::min(2 * wait, 2000ms)) {
    control.send_now("clock " + std::to_string(std::llround(emscripten_get_now() * 1000)));
    co_await hawser::sleep_for(wait);
  }
}

// The news

/// Parses lines such as "17 1234567 1.08031": the number, the server's clock when the event was
/// made, and the content. Some ways deliver the same news twice.
void arrived(int way, const std::string& text) {
  const auto now = emscripten_get_now() + clock().offset;
  auto& to = arrivals.at(static_cast<std::size_t>(way));
  for (const auto line : std::views::split(std::string_view(text), '\n')) {
    if (line.empty()) continue;
    Numbers numbers{std::string_view(line)};
    const auto number = numbers.next();
    const auto age = now - numbers.next_time();
    if (number <= to.last) continue;
    to.last = number;
    to.content = numbers.rest();
    ++to.count;
    // The age is as exact as a short round trip allows.
    to.ages.push_back(std::max(age, 0.0));
    if (to.ages.size() > most_ages) to.ages.pop_front();
  }
}

hawser::Task<> read_news() {
  for (;;) {
    // Starts with the events that were missed.
    const auto url = news_url + "&after=" +
                     std::to_string(static_cast<std::uint64_t>(arrivals[web_socket].last));
    if (auto connection = co_await hawser::connect(url, {.connect_timeout = 5s})) {
      while (auto message = co_await connection->receive())
        arrived(web_socket, std::string(message->text()));
    }
    co_await hawser::sleep_for(1s);
  }
}

// The control connection

void set() {
  const auto rate = std::to_string(std::lround(settings.rate * 100));
  control.send_now("set " + rate + (settings.keeps_alive ? " 1" : " 0") +
                   (settings.compresses ? " 1" : " 0"));
}

void stop_reading() { reading = {}; }

void begin() {
  arrivals = {};
  samples.clear();
  reading = hawser::start(read_news());
  page.call<void>("ready");
}

void add_sample(Numbers numbers) {
  Sample sample{.time = numbers.next_time(), .costs = {}};
  for (auto& costs : sample.costs) {
    for (double* number :
         {&costs.up, &costs.down, &costs.requests, &costs.empty, &costs.connections})
      *number = numbers.next();
    costs.held = numbers.next_time();
  }
  samples.push_back(sample);
  while (sample.time - samples.front().time > rate_span) samples.pop_front();
}

void received(const hawser::Message& message) {
  const auto text = message.text();
  const auto space = text.find(' ');
  const auto verb = text.substr(0, space);
  const auto rest = space == text.npos ? std::string_view() : text.substr(space);
  if (verb == "clock") return set_clock(Numbers(rest));
  if (verb == "figures") return add_sample(Numbers(rest));
  if (verb == "ready") return begin();
}

void connected() {
  clocks.clear();
  asking = hawser::start(
      ask_for_clock());  // before "set", so that the clock is known when the first news arrives
  set();
}

void changed(const hawser::SessionStatus& status) {
  if (status.state == hawser::SessionState::open) return;
  asking = {};
  stop_reading();
  if (!status.end || !status.end->error) return;
  const auto why = *status.end->error;
  page.call<void>("lost", std::string(name(why)), std::string(hawser::describe(why)));
}

// Functions that the page calls

void configure(double rate, bool keeps_alive, bool compresses) {
  settings = {.rate = rate, .keeps_alive = keeps_alive, .compresses = compresses};
  stop_reading();
  if (control.status().state == hawser::SessionState::open) set();
}

void open(val listeners, const std::string& control_url, const std::string& url) {
  page = std::move(listeners);
  news_url = url;
  hawser::SessionOptions options;
  options.reconnect.backoff = {.base = 1s, .cap = 4s};
  options.connect_timeout = 5s;
  control = hawser::Session(control_url, std::move(options));
  control.on_open(connected);
  control.on_message(received);
  control.on_status(changed);
}

void close() {
  asking = {};
  stop_reading();
  control = hawser::Session();
}

void pause() {
  stop_reading();
  control.send_now("pause");
}

/// The number of the last event. The page asks for later ones.
double last(int way) { return arrivals.at(static_cast<std::size_t>(way)).last; }

/// NaN before the first event. The rest is counted by the server, and NaN until it has reported it.
struct Figures {
  double last;
  std::string content;
  double count, p50, p95;
  double up, down, requests, empty, connections;
  double up_rate, down_rate, request_rate, open;  // rates per second, and connections on average
};

double percentile(const std::vector<double>& sorted, double percent) {
  if (sorted.empty()) return unknown;
  const auto rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

Figures figures_of(std::size_t way) {
  const auto& news = arrivals[way];
  std::vector<double> ages(news.ages.begin(), news.ages.end());
  std::ranges::sort(ages);
  Figures figures{.last = news.last,
                  .content = news.content,
                  .count = news.count,
                  .p50 = percentile(ages, 50),
                  .p95 = percentile(ages, 95),
                  .up = unknown,
                  .down = unknown,
                  .requests = unknown,
                  .empty = unknown,
                  .connections = unknown,
                  .up_rate = unknown,
                  .down_rate = unknown,
                  .request_rate = unknown,
                  .open = unknown};
  if (samples.empty()) return figures;

  const auto& costs = samples.back().costs[way];
  figures.up = costs.up;
  figures.down = costs.down;
  figures.requests = costs.requests;
  figures.empty = costs.empty;
  figures.connections = costs.connections;

  const auto span = samples.back().time - samples.front().time;
  if (span < least_rate_span) return figures;
  const auto& before = samples.front().costs[way];
  figures.up_rate = (costs.up - before.up) / span * 1000;
  figures.down_rate = (costs.down - before.down) / span * 1000;
  figures.request_rate = (costs.requests - before.requests) / span * 1000;
  figures.open = (costs.held - before.held) / span;
  return figures;
}

val figures() {
  auto all = val::array();
  for (std::size_t way = 0; way < way_count; ++way) all.call<void>("push", figures_of(way));
  return all;
}

/// The round trip by which the clock was set, or NaN.
double clock_round_trip() { return clock().round_trip; }

}  // namespace

EMSCRIPTEN_BINDINGS(push) {
  emscripten::value_object<Figures>("PushFigures")
      .field("last", &Figures::last)
      .field("content", &Figures::content)
      .field("count", &Figures::count)
      .field("p50", &Figures::p50)
      .field("p95", &Figures::p95)
      .field("up", &Figures::up)
      .field("down", &Figures::down)
      .field("requests", &Figures::requests)
      .field("empty", &Figures::empty)
      .field("connections", &Figures::connections)
      .field("upRate", &Figures::up_rate)
      .field("downRate", &Figures::down_rate)
      .field("requestRate", &Figures::request_rate)
      .field("open", &Figures::open);
  emscripten::function("openFeed", open);
  emscripten::function("closeFeed", close);
  emscripten::function("configureFeed", configure);
  emscripten::function("pauseFeed", pause);
  emscripten::function("newsArrived", arrived);
  emscripten::function("lastNews", last);
  emscripten::function("newsFigures", figures);
  emscripten::function("clockRoundTrip", clock_round_trip);
}
