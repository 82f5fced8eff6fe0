// Runs each measurement on a new thread. JavaScript starts them from the main thread.

#include "program.hpp"

#include <emscripten/emscripten.h>

#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace {

std::vector<double> results;
const std::vector<std::byte> payload(1 << 20);

double microseconds() { return emscripten_get_now() * 1000; }

/// A measurement. Runs on the measuring thread, over an open connection.
using Measure = void (*)(std::size_t size, int count, int threads);

/// Runs one measurement on a new thread, and then passes its results to the main thread.
void start(Measure measure, const char* url, std::size_t size, int count, int threads) {
  std::thread([=, url = std::string(url)] {
    results.clear();
    open_connection(url);
    measure(size, count, threads);
    close_connection();
    // clang-format off
    MAIN_THREAD_ASYNC_EM_ASM({ Module["done"](Array.from(HEAPF64.subarray($0 >> 3, ($0 >> 3) + $1))); },
                             results.data(), results.size());
    // clang-format on
  }).detach();
}

/// Several threads send until the server has counted everything. The results are the time per
/// message of each thread, and then the total time.
void send_all(std::size_t size, int count, int threads) {
  const std::span<const std::byte> message(payload.data(), size);
  const auto send_share = [&] {
    const double begin = microseconds();
    for (int i = 0; i < count; ++i) send(message);
    return (microseconds() - begin) / count;
  };
  std::vector<double> costs(static_cast<std::size_t>(threads));
  std::vector<std::thread> senders;
  std::latch ready(threads + 1);
  for (double& cost : costs) {
    senders.emplace_back([&] {
      ready.arrive_and_wait();
      cost = send_share();
    });
  }
  ready.arrive_and_wait();
  const double start = microseconds();
  for (std::thread& sender : senders) sender.join();
  send_text("stop");
  receive();
  const double all = microseconds() - start;
  results = costs;
  results.push_back(all);
}

/// Sends each message when the previous one has come back, after a pause. Otherwise, nearly all
/// messages would be sent while the main thread is idle.
void exchange(std::size_t size, int count, int) {
  const std::span<const std::byte> message(payload.data(), size);
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(i * 5 % 17));
    const double start = microseconds();
    send(message);
    receive();
    results.push_back(microseconds() - start);
  }
}

/// Receives like a thread with other work: takes all messages that have arrived, and pauses.
void receive_all(std::size_t, int count, int) {
  const double start = microseconds();
  send_text("start");
  for (int received = 0; received < count;) {
    if (poll())
      ++received;
    else
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  results.push_back(microseconds() - start);
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE void start_sending(const char* url, std::size_t size, int count, int threads) {
  start(send_all, url, size, count, threads);
}

EMSCRIPTEN_KEEPALIVE void start_exchange(const char* url, std::size_t size, int count,
                                         int threads) {
  start(exchange, url, size, count, threads);
}

EMSCRIPTEN_KEEPALIVE void start_receiving(const char* url, std::size_t size, int count,
                                          int threads) {
  start(receive_all, url, size, count, threads);
}

}  // extern "C"
