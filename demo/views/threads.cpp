// The C++ half of the page's view of threads. Two threads measure round trips to the server's echo, each by blocking
// until its message is back. The connection of one belongs to the browser's main thread, that of the other to an I/O
// thread. The other half, threads.mjs, keeps the main thread busy, and shows the difference.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <emscripten/bind.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

#include "observe.hpp"

namespace {

using emscripten::val;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

/// About 20 round trips a second. Frames come every 16.7 ms: of 50 ms, each message would meet the same part of a frame.
constexpr auto interval = 47ms;

/// How long to wait for a connection or an echo.
constexpr auto patience = 5s;

constexpr auto retry_delay = 1s;

struct RoundTrip {
  Clock::time_point end;
  Clock::duration duration;
};

/// What a thread has measured since the page last asked. Locks are held for moments only, since the main thread spins
/// while it waits for one.
class Results {
 public:
  void add(RoundTrip one) {
    const std::lock_guard lock(mutex_);
    fresh_.push_back(one);
    problem_.reset();
  }

  void fail(hawser::Error why) {
    const std::lock_guard lock(mutex_);
    problem_ = why;
  }

  /// Returns the new round trips, and the problem that there is now.
  std::pair<std::vector<RoundTrip>, std::optional<hawser::Error>> take() {
    const std::lock_guard lock(mutex_);
    return {std::exchange(fresh_, {}), problem_};
  }

 private:
  std::mutex mutex_;
  std::vector<RoundTrip> fresh_;
  std::optional<hawser::Error> problem_;
};

/// Where the main thread leaves what its connection receives, for a thread that waits for it.
class Mailbox {
 public:
  void connected(hawser::Sender sender) {
    change([&] { sender_ = std::move(sender); });
  }
  void disconnected() {
    change([&] { sender_.reset(); });
  }
  void received(std::string_view message) {
    change([&] { newest_ = message; });
  }
  void stop() {
    change([&] { is_stopped_ = true; });
  }

  /// Waits for a connection, and returns what sends over it. Empty after `stop`.
  std::optional<hawser::Sender> wait_for_connection() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sender_ || is_stopped_; });
    return is_stopped_ ? std::nullopt : sender_;
  }

  /// Waits until `message` has arrived.
  std::expected<void, hawser::Error> wait_for(std::string_view message) {
    std::unique_lock lock(mutex_);
    const auto is_over = [&] { return newest_ == message || !sender_ || is_stopped_; };
    if (!changed_.wait_for(lock, patience, is_over)) return std::unexpected(hawser::Error::timed_out);
    if (newest_ != message) return std::unexpected(hawser::Error::closed);
    return {};
  }

 private:
  template <typename Change>
  void change(Change make) {
    {
      const std::lock_guard lock(mutex_);
      make();
    }
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<hawser::Sender> sender_;
  std::string newest_;
  bool is_stopped_ = false;
};

/// What the threads share between `start` and `stop`. They end by themselves, since the main thread must not wait for
/// them, and a new run may start before the threads of the last one have ended.
struct Run {
  std::stop_source stop;
  Results through_main, through_io;
  Mailbox mailbox;
};

/// Measures until there is a problem, or until it is stopped. Returns what `exchange` has returned then.
template <typename Exchange>
std::optional<hawser::Error> measure(const std::stop_token& stop, Results& results, Exchange exchange) {
  for (std::uint64_t number = 0; !stop.stop_requested(); ++number) {
    const auto start = Clock::now();
    const std::expected<void, hawser::Error> exchanged = exchange(std::to_string(number));
    if (!exchanged) return exchanged.error();
    const auto end = Clock::now();
    results.add({end, end - start});
    std::this_thread::sleep_until(start + interval);
  }
  return std::nullopt;
}

// Through the I/O thread: a thread that blocks, as on a desktop.

thread_local hawser::Observer observer;

/// Has the page's panel show what happens on the I/O thread.
void observe(const hawser::IoThread& io) {
  static emscripten::ProxyingQueue to_main_thread;
  io.run([] {
    observer = hawser::observe(
        [](const hawser::Observation& seen) {
          to_main_thread.proxyAsync(emscripten_main_runtime_thread_id(),
                                    [event = panel::copy(seen)] { panel::report(event, "io"); });
        },
        panel::options);
  });
}

void measure_through_io_thread(const std::shared_ptr<Run>& run, const std::string& url) {
  const hawser::IoThread io;
  observe(io);
  const auto stop = run->stop.get_token();
  while (!stop.stop_requested()) {
    auto connection = hawser::blocking::connect(io, url, {.connect_timeout = patience, .stop = stop});
    const auto problem = connection
                             ? measure(stop, run->through_io,
                                       [&](std::string_view message) -> std::expected<void, hawser::Error> {
                                         if (const auto sent = connection->send(message); !sent) return sent;
                                         const auto echo = connection->receive({.timeout = patience, .stop = stop});
                                         if (!echo) return std::unexpected(echo.error().error);
                                         return {};
                                       })
                             : connection.error();
    if (!problem) return;
    run->through_io.fail(*problem);
    std::this_thread::sleep_for(retry_delay);
  }
}

// Through the main thread: the connection, which belongs to that, and a thread that sends by its sender.

hawser::Task<> stay_connected(std::shared_ptr<Run> run, std::string url) {
  for (;;) {
    auto connection = co_await hawser::connect(url, {.connect_timeout = patience});
    if (connection) {
      run->mailbox.connected(connection->sender());
      auto message = co_await connection->receive();
      for (; message; message = co_await connection->receive()) run->mailbox.received(message->text());
      run->mailbox.disconnected();
      run->through_main.fail(message.error().error);
    } else {
      run->through_main.fail(connection.error());
    }
    co_await hawser::sleep_for(retry_delay);
  }
}

void measure_through_main_thread(const std::shared_ptr<Run>& run) {
  while (const auto sender = run->mailbox.wait_for_connection()) {
    const auto exchange = [&](std::string_view message) -> std::expected<void, hawser::Error> {
      if (const auto sent = sender->send(message); !sent) return sent;
      return run->mailbox.wait_for(message);
    };
    if (const auto problem = measure(run->stop.get_token(), run->through_main, exchange))
      run->through_main.fail(*problem);
  }
}

// What the page calls.

std::shared_ptr<Run> run;  // null while nothing runs
hawser::Job connecting;    // stay_connected

void stop() {
  connecting = {};
  if (!run) return;
  run->stop.request_stop();
  run->mailbox.stop();
  run.reset();
}

void start(const std::string& url) {
  stop();
  run = std::make_shared<Run>();
  connecting = hawser::start(stay_connected(run, url));
  std::thread(measure_through_main_thread, run).detach();
  std::thread(measure_through_io_thread, run, url).detach();
}

/// As an object for the page: how long ago each round trip ended, and how long it took.
val take(Results& results) {
  const auto [fresh, problem] = results.take();
  const auto now = Clock::now();
  auto round_trips = val::array();
  for (const auto& [end, duration] : fresh) {
    auto round_trip = val::object();
    round_trip.set("age", Milliseconds(now - end).count());
    round_trip.set("duration", Milliseconds(duration).count());
    round_trips.call<void>("push", round_trip);
  }
  auto taken = val::object();
  taken.set("roundTrips", round_trips);
  if (problem) {
    taken.set("error", std::string(name(*problem)));
    taken.set("message", std::string(describe(*problem)));
  }
  return taken;
}

val take_all() {
  auto taken = val::object();
  if (!run) return taken;
  taken.set("main", take(run->through_main));
  taken.set("io", take(run->through_io));
  return taken;
}

}  // namespace

EMSCRIPTEN_BINDINGS(threads) {
  emscripten::function("start", start);
  emscripten::function("stop", stop);
  emscripten::function("take", take_all);
}
