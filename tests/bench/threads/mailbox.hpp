#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

/// Messages on their way from the thread that got them to the thread that wants them: what a program has to write itself
/// where its library calls it back on another thread.
class Mailbox {
 public:
  void put(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const char*>(data);
    const std::lock_guard lock(mutex_);
    messages_.emplace_back(bytes, bytes + size);
    is_filled_.notify_one();
  }

  /// Returns the oldest message, and waits until there is one.
  std::vector<char> take() {
    std::unique_lock lock(mutex_);
    is_filled_.wait(lock, [this] { return !messages_.empty(); });
    return pop();
  }

  bool try_take(std::vector<char>& message) {
    const std::lock_guard lock(mutex_);
    if (messages_.empty()) return false;
    message = pop();
    return true;
  }

 private:
  std::vector<char> pop() {
    std::vector<char> message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }

  std::mutex mutex_;
  std::condition_variable is_filled_;
  std::deque<std::vector<char>> messages_;
};
