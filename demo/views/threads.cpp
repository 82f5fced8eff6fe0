// The C++ half of the view "Threads". Two threads measure round trips to the server's echo. Each
// blocks until its message is back. One uses a connection on the browser's main thread, the other
// one a connection on an I/O thread. The other half, threads.mjs, keeps the main thread busy, and
// shows the difference.

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

/// About 20 round trips per second. Not 50 ms, which is three frames of 16.7 ms: each message would
/// meet the same part of a frame.
constexpr auto interval = 47ms;

/// How long to wait for a connection or an echo.
constexpr auto patience = 5s;

constexpr auto retry_delay = 1s;

struct RoundTrip {
  Clock::time_point end;
  Clock::duration duration;
};

/// What a thread has measured since the page last asked. Locks are held only for moments, because
/// the main thread spins while it waits for one.
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

  /// Returns the new round trips, and the current problem.
  std::pair<std::vector<RoundTrip>, std::optional<hawser::Error>> take() {
    const std::lock_guard lock(mutex_);
    return {std::exchange(fresh_, {}), problem_};
  }

 private:
  std::mutex mutex_;
  std::vector<RoundTrip> fresh_;
  std::optional<hawser::Error> problem_;
};

/// Where the main thread puts received messages for a thread that waits for them.
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

  /// Waits for a connection, and returns its sender. Empty after `stop`.
  std::optional<hawser::Sender> wait_for_connection() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sender_ || is_stopped_; });
    return is_stopped_ ? std::nullopt : sender_;
  }

  /// Waits until `message` has arrived.
  std::expected<void, hawser::Error> wait_for(std::string_view message) {
    std::unique_lock lock(mutex_);
    const auto is_over = [&] { return newest_ == message || !sender_ || is_stopped_; };
    if (!changed_.wait_for(lock, patience, is_over))
      return std::unexpected(hawser::Error::timed_out);
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

/// Shared by the threads between `start` and `stop`. They end by themselves, because the main
/// thread must not wait for them, and a new run may start before they have ended.
struct Run {
  std::stop_source stop;
  Results through_main, through_io;
  Mailbox mailbox;
};

/// Measures until `exchange` fails or the run is stopped. Returns the error.
template <typename Exchange>
std::optional<hawser::Error> measure(const std::stop_token& stop, Results& results,
                                     Exchange exchange) {
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

/// Makes the page's panel show the events of the I/O thread.
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
    auto connection =
        hawser::blocking::connect(io, url, {.connect_timeout = patience, .stop = stop});
    const auto problem =
        connection
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

// Through the main thread: a connection on it, and a thread that sends by the connection's sender.

hawser::Task<> stay_connected(std::shared_ptr<Run> run, std::string url) {
  for (;;) {
    auto connection = co_await hawser::connect(url, {.connect_timeout = patience});
    if (connection) {
      run->mailbox.connected(connection->sender());
      auto message = co_await connection->receive();
      for (; message; message = co_await connection->receive())
        run->mailbox.received(message->text());
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

// Functions that the page calls

std::shared_ptr<Run> run;  // null if nothing runs
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
