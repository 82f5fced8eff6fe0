// Threads are cancelled, or the program ends, while they send as fast as they can. Exits with
// status 0 if no lock stays locked: all other threads keep sending, every queued message is sent,
// and a program that is asked to end does so.
//
//   cancelled_senders --server ws://HOST:PORT cancel|exit|force

#include <emscripten/emscripten.h>
#include <pthread.h>
#include <hawser/hawser.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace std::chrono_literals;

constexpr int threads = 4;
constexpr int rounds = 100;

std::string way;
hawser::WebSocket socket;
hawser::Sender sender;
std::atomic<unsigned> accepted = 0;

void fail(const std::string& what) {
  std::printf("cancelled_senders: %s\n", what.c_str());
  emscripten_force_exit(1);
}

/// Sends forever. A cancelled thread ends between two messages, or after one whose memory it does
/// not free.
void* send_all(void*) {
  for (const std::string text(100, 'x');; pthread_testcancel()) {
    const auto sent = sender.send(text);
    if (sent)
      ++accepted;
    else if (way != "cancel" && sent.error() == hawser::Error::already_closed)
      return nullptr;  // the program ends; printing could deadlock on stdout
    else if (sent.error() != hawser::Error::would_block)
      fail(std::string("send: ") + hawser::name(sent.error()));
  }
}

void wait_until_all_is_sent() {
  while (sender.counters().queued > 0) std::this_thread::sleep_for(1ms);
}

void cancel_all() {
  for (int round = 0; round < rounds; ++round) {
    std::array<pthread_t, threads> sending{};
    for (auto& thread : sending) pthread_create(&thread, nullptr, send_all, nullptr);
    std::this_thread::sleep_for(std::chrono::microseconds(round * 37 % 1500));
    for (const auto& thread : sending) pthread_cancel(thread);
    for (const auto& thread : sending) {
      void* result = nullptr;
      pthread_join(thread, &result);
      if (result != PTHREAD_CANCELED) fail("a thread was not cancelled");
    }
    wait_until_all_is_sent();
  }
  if (sender.counters().sent != accepted) fail("sent " + std::to_string(sender.counters().sent));
  if (!sender.send("stop")) fail("the last message was refused");
}

void end_while_all_send() {
  for (int i = 0; i < threads; ++i) {
    pthread_t thread{};
    pthread_create(&thread, nullptr, send_all, nullptr);
  }
  while (accepted < 1000) std::this_thread::yield();
  if (way == "exit") std::exit(0);
  emscripten_force_exit(0);
}

void start() {
  // A small queue, so that it is often full, and emptied by calls to this thread.
  sender = socket.sender({.max_queued_bytes = 4096});
  std::thread(way == "cancel" ? cancel_all : end_while_all_send).detach();
}

}  // namespace

int main(int, char** arguments) {
  way = arguments[3];
  socket = hawser::WebSocket::open(std::string(arguments[2]) + "/count").value();
  socket.on_open(start);
  socket.on_message([](const hawser::Message& message) {
    if (!message.text().contains("\"messages\":" + std::to_string(accepted)))
      fail("the server has " + std::string(message.text()));
    std::puts("cancelled_senders: everything arrived");
    emscripten_force_exit(0);
  });
  socket.on_close([](const hawser::CloseEvent&) { fail("the connection ended"); });
}
