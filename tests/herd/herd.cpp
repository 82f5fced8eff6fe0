// The thundering herd: the load that all clients put on a server, and on each other, when it
// restarts. They run hawser's own policy. Only the network and the clock are simulated, so the same
// arguments give the same figures on every machine.

#include <hawser/reconnect.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../wasm/src/session/reconnect_policy.hpp"

namespace {

using hawser::BackoffOptions;
using hawser::Jitter;
using hawser::ReconnectOptions;
using hawser::detail::ReconnectPolicy;
using std::chrono::milliseconds;

/// How an attempt fails if the server has no room or is down.
enum class Refusal : std::uint8_t { at_once, by_timeout };

struct Scenario {
  std::string part;
  BackoffOptions backoff = {};
  Refusal refusal = Refusal::at_once;
  std::uint32_t clients = 1'000'000;
  std::uint32_t accepted_per_second = 10'000;
  std::int64_t down = 10'000;  // milliseconds
  std::uint64_t seed = 1;
};

struct Result {
  std::vector<std::uint32_t> attempts_per_second;  // that reached the server, from its failure on
  std::uint32_t peak_while_down = 0;
  std::uint32_t peak = 0;  // since the server is back
  std::uint32_t connected = 0;
  std::optional<std::int64_t> half_connected;  // milliseconds since the server is back
  std::optional<std::int64_t> nearly_all_connected;
  std::optional<std::int64_t> all_connected;
  double attempts_mean = 0;
  std::uint32_t attempts_max = 0;
};

constexpr std::int64_t connect_timeout = 30'000;  // hawser's own default
constexpr std::int64_t longest_run = 3600'000;    // milliseconds
constexpr milliseconds long_uptime = std::chrono::hours(1);

/// The arrivals at the server, by the millisecond. Each client is in it at most once.
class Calendar {
 public:
  Calendar(std::uint32_t clients, std::int64_t longest_delay)
      : first_(std::bit_ceil(static_cast<std::size_t>(longest_delay) + 1), no_client),
        next_(clients) {}

  void add(std::uint32_t client, std::int64_t at) {
    next_[client] = std::exchange(slot(at), client);
  }

  template <typename Visit>
  void take(std::int64_t at, Visit visit) {
    for (std::uint32_t client = std::exchange(slot(at), no_client); client != no_client;) {
      const std::uint32_t after = next_[client];
      visit(client);
      client = after;
    }
  }

 private:
  static constexpr std::uint32_t no_client = UINT32_MAX;
  std::uint32_t& slot(std::int64_t at) {
    return first_[static_cast<std::size_t>(at) & (first_.size() - 1)];
  }

  std::vector<std::uint32_t> first_;
  std::vector<std::uint32_t> next_;
};

/// A server that accepts at a steady rate, and has a queue for a tenth of a second.
class Server {
 public:
  explicit Server(const Scenario& scenario)
      : per_millisecond_(scenario.accepted_per_second / 1000.0),
        most_(scenario.accepted_per_second / 10.0) {}

  void pass_millisecond() { room_ = std::min(room_ + per_millisecond_, most_); }
  bool accepts() {
    if (room_ < 1) return false;
    room_ -= 1;
    return true;
  }

 private:
  double per_millisecond_;
  double most_;
  double room_ = 0;
};

class Herd {
 public:
  explicit Herd(const Scenario& scenario)
      : scenario_(scenario),
        random_(scenario.seed),
        calendar_(scenario.clients, scenario.backoff.cap.count() + connect_timeout + 1000),
        policies_(scenario.clients, ReconnectPolicy({.backoff = scenario.backoff})),
        round_trips_(scenario.clients) {}

  Result run() {
    // Clients are at different distances from the server, and notice that it is gone that much
    // later.
    for (std::uint32_t client = 0; client < scenario_.clients; ++client) {
      round_trips_[client] = static_cast<std::uint16_t>(20 + chance() * 180);
      ended(client, round_trips_[client] / 2, long_uptime);
    }
    Server server(scenario_);
    for (std::int64_t now = 0; now < longest_run && result_.connected < scenario_.clients; ++now) {
      const auto second = static_cast<std::size_t>(now / 1000);
      if (now % 1000 == 0) result_.attempts_per_second.push_back(0);
      const bool is_up = now >= scenario_.down;
      if (is_up) server.pass_millisecond();
      calendar_.take(now, [&](std::uint32_t client) {
        ++result_.attempts_per_second[second];
        if (is_up && server.accepts()) return accepted(now);
        const bool is_told = scenario_.refusal == Refusal::at_once;
        const std::int64_t half = round_trips_[client] / 2;
        ended(client, is_told ? now + half : now - half + connect_timeout, milliseconds::zero());
      });
    }
    count();
    return std::move(result_);
  }

 private:
  double chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  void ended(std::uint32_t client, std::int64_t now, milliseconds uptime) {
    const hawser::CloseEvent lost{.error = hawser::Error::connection_lost};
    const auto decision =
        policies_[client].ended(lost, hawser::EndedBy::other, uptime, milliseconds(now), chance());
    // At least the next millisecond: this millisecond's clients have already arrived.
    calendar_.add(
        client, now + std::max<std::int64_t>(decision.delay.count() + round_trips_[client] / 2, 1));
  }

  void accepted(std::int64_t now) {
    ++result_.connected;
    const std::int64_t after = now - scenario_.down;
    const auto share = [&](double part) { return std::ceil(part * scenario_.clients); };
    if (result_.connected == share(0.5)) result_.half_connected = after;
    if (result_.connected == share(0.99)) result_.nearly_all_connected = after;
    if (result_.connected == share(1)) result_.all_connected = after;
  }

  void count() {
    const auto& attempts = result_.attempts_per_second;
    const auto back =
        attempts.begin() + std::min<std::ptrdiff_t>(scenario_.down / 1000, std::ssize(attempts));
    if (back != attempts.begin())
      result_.peak_while_down = *std::max_element(attempts.begin(), back);
    if (back != attempts.end()) result_.peak = *std::max_element(back, attempts.end());
    std::uint64_t sum = 0;
    for (const ReconnectPolicy& policy : policies_) {
      sum += policy.attempt();
      result_.attempts_max = std::max(result_.attempts_max, policy.attempt());
    }
    result_.attempts_mean = static_cast<double>(sum) / scenario_.clients;
  }

  Scenario scenario_;
  std::mt19937_64 random_;
  Calendar calendar_;
  std::vector<ReconnectPolicy> policies_;
  std::vector<std::uint16_t> round_trips_;
  Result result_;
};

// The scenarios

struct Arguments {
  std::uint32_t clients = 1'000'000;
  std::uint32_t rate = 10'000;
  std::uint32_t down = 10;
  std::vector<std::uint64_t> seeds = {1, 2, 3};
  std::string json;
  bool is_quick = false;
};

/// Uses the defaults' cap and factor, and chooses the base such that the average first delay is the
/// same: that is the cost for a lone client. The remaining difference is how well a kind of jitter
/// spreads clients.
BackoffOptions with_same_first_delay(Jitter jitter) {
  const milliseconds full = BackoffOptions{}.base;
  switch (jitter) {
    case Jitter::none: return {.base = full / 2, .jitter = jitter};
    case Jitter::equal: return {.base = full * 2 / 3, .jitter = jitter};
    case Jitter::full: return {.base = full, .jitter = jitter};
    case Jitter::decorrelated: return {.base = full / 4, .jitter = jitter};
  }
  return {};
}

/// Varies one option at a time, with the others at their defaults. The defaults themselves come
/// first.
std::vector<BackoffOptions> choices() {
  using std::chrono::seconds;
  std::vector<BackoffOptions> all(1);
  for (const int base : {1, 2, 8}) all.push_back({.base = seconds(base)});
  for (const int cap : {10, 60, 120}) all.push_back({.cap = seconds(cap)});
  for (const double factor : {1.5, 3.0}) all.push_back({.factor = factor});
  for (const Jitter jitter : {Jitter::none, Jitter::equal, Jitter::decorrelated})
    all.push_back({.jitter = jitter});
  return all;
}

std::vector<Scenario> scenarios_of(const Arguments& arguments) {
  const auto base = [&](const char* part) {
    Scenario scenario{.part = part};
    scenario.clients = arguments.clients;
    scenario.accepted_per_second = arguments.rate;
    scenario.down = arguments.down * 1000;
    scenario.seed = arguments.seeds.front();
    return scenario;
  };
  std::vector<Scenario> all;
  for (const Refusal refusal : {Refusal::at_once, Refusal::by_timeout}) {
    for (const Jitter jitter : {Jitter::none, Jitter::equal, Jitter::full, Jitter::decorrelated}) {
      for (const std::uint64_t seed : arguments.seeds) {
        Scenario scenario = base("jitter");
        scenario.backoff = with_same_first_delay(jitter);
        scenario.refusal = refusal;
        scenario.seed = seed;
        all.push_back(scenario);
      }
    }
  }
  if (arguments.is_quick) return all;

  // The comparison behind the choice of defaults: the herd, and a client among few, which wants its
  // connection soon.
  for (const BackoffOptions& choice : choices()) {
    for (const Refusal refusal : {Refusal::at_once, Refusal::by_timeout}) {
      Scenario herd = base("choice");
      herd.backoff = choice;
      herd.refusal = refusal;
      all.push_back(herd);
    }
    for (const std::int64_t down : {1, 10, 300}) {
      Scenario few = base("few");
      few.backoff = choice;
      few.clients = 1000;
      few.accepted_per_second = 10'000;
      few.down = down * 1000;
      all.push_back(few);
    }
  }
  return all;
}

// Output

const char* name_of(Jitter jitter) {
  switch (jitter) {
    case Jitter::none: return "none";
    case Jitter::equal: return "equal";
    case Jitter::full: return "full";
    case Jitter::decorrelated: return "decorrelated";
  }
  return "";
}

const char* name_of(Refusal refusal) {
  return refusal == Refusal::at_once ? "at once" : "by timeout";
}

std::string json_of(const std::optional<std::int64_t>& time) {
  return time ? std::to_string(*time) : "null";
}

void write_json(std::FILE* file, const Scenario& scenario, const Result& result, bool is_last) {
  std::fprintf(
      file,
      "  {\"part\": \"%s\", \"jitter\": \"%s\", \"refusal\": \"%s\", \"base\": %lld, \"cap\": "
      "%lld, \"factor\": %g,\n"
      "   \"clients\": %u, \"acceptedPerSecond\": %u, \"down\": %lld, \"seed\": %llu, "
      "\"connected\": %u,\n"
      "   \"peakWhileDown\": %u, \"peak\": %u, \"half\": %s, \"nearlyAll\": %s, \"all\": %s,\n"
      "   \"attemptsMean\": %.4f, \"attemptsMax\": %u, \"attemptsPerSecond\": [",
      scenario.part.c_str(), name_of(scenario.backoff.jitter), name_of(scenario.refusal),
      static_cast<long long>(scenario.backoff.base.count()),
      static_cast<long long>(scenario.backoff.cap.count()), scenario.backoff.factor,
      scenario.clients, scenario.accepted_per_second, static_cast<long long>(scenario.down),
      static_cast<unsigned long long>(scenario.seed), result.connected, result.peak_while_down,
      result.peak, json_of(result.half_connected).c_str(),
      json_of(result.nearly_all_connected).c_str(), json_of(result.all_connected).c_str(),
      result.attempts_mean, result.attempts_max);
  const char* separator = "";
  for (const std::uint32_t attempts : result.attempts_per_second) {
    std::fprintf(file, "%s%u", std::exchange(separator, ","), attempts);
  }
  std::fprintf(file, "]}%s\n", is_last ? "" : ",");
}

std::string seconds_of(const std::optional<std::int64_t>& time) {
  if (!time) return "never";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(*time) / 1000);
  return text;
}

void print(const Scenario& scenario, const Result& result) {
  std::printf("%-6s %-12s %-10s %5.1f %5.0f %3.1f %8u %5.0f %4llu  %9u %9u %8s %8s %8s %8.2f %5u\n",
              scenario.part.c_str(), name_of(scenario.backoff.jitter), name_of(scenario.refusal),
              static_cast<double>(scenario.backoff.base.count()) / 1000,
              static_cast<double>(scenario.backoff.cap.count()) / 1000, scenario.backoff.factor,
              scenario.clients, static_cast<double>(scenario.down) / 1000,
              static_cast<unsigned long long>(scenario.seed), result.peak_while_down, result.peak,
              seconds_of(result.half_connected).c_str(),
              seconds_of(result.nearly_all_connected).c_str(),
              seconds_of(result.all_connected).c_str(), result.attempts_mean, result.attempts_max);
  std::fflush(stdout);
}

// The command line

constexpr const char* usage =
    "Usage: herd [--clients N] [--rate N] [--down SECONDS] [--seeds N,N,...] [--quick] [--json "
    "FILE]\n\n"
    "  --clients  how many had a connection (1000000)\n"
    "  --rate     how many a second the server accepts (10000)\n"
    "  --down     how long it is down (10)\n"
    "  --seeds    one run for each (1,2,3)\n"
    "  --quick    compares the kinds of jitter only, and not the other options\n";

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n%s", what.c_str(), usage);
  std::exit(1);
}

std::uint32_t number(const std::string& text, std::uint32_t most) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] < '0' || text[0] > '9' || *end != '\0' || value > most) {
    fail("\"" + text + "\" is not a number from 0 to " + std::to_string(most));
  }
  return static_cast<std::uint32_t>(value);
}

std::vector<std::uint64_t> numbers(const std::string& text) {
  std::vector<std::uint64_t> all;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    all.push_back(number(text.substr(begin, end - begin), UINT32_MAX));
    begin = end + 1;
  }
  return all;
}

Arguments parse(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view option = values[i];
    if (option == "--quick") {
      arguments.is_quick = true;
      continue;
    }
    if (i + 1 == count) fail("\"" + std::string(option) + "\" is unknown, or needs a value");
    const std::string value = values[++i];
    if (option == "--clients") {
      arguments.clients = std::max(number(value, 100'000'000), 1u);
    } else if (option == "--rate") {
      arguments.rate = std::max(number(value, 100'000'000), 10u);
    } else if (option == "--down") {
      arguments.down = number(value, 3600);
    } else if (option == "--seeds") {
      arguments.seeds = numbers(value);
    } else if (option == "--json") {
      arguments.json = value;
    } else {
      fail("\"" + std::string(option) + "\" is unknown");
    }
  }
  return arguments;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

int main(int count, char** values) {
  const Arguments arguments = parse(count, values);
  std::unique_ptr<std::FILE, CloseFile> json;
  if (!arguments.json.empty()) {
    json.reset(std::fopen(arguments.json.c_str(), "w"));
    if (!json) fail(arguments.json + " cannot be written");
    std::fputs("[\n", json.get());
  }

  std::puts(
      "part   jitter       refusal     base   cap   f  clients  down seed  peak/s:down   back   50 "
      "% s   99 % s  100 % "
      "s "
      "attempts   max");
  const std::vector<Scenario> scenarios = scenarios_of(arguments);
  for (const Scenario& scenario : scenarios) {
    const Result result = Herd(scenario).run();
    print(scenario, result);
    if (json) write_json(json.get(), scenario, result, &scenario == &scenarios.back());
  }
  if (json) std::fputs("]\n", json.get());
}
