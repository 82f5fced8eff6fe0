#include "shared_queue.hpp"

#include <span>
#include <string_view>
#include <utility>

#include "../socket/utf8.hpp"
#include "feed.hpp"

namespace hawser::detail {

namespace {

/// What a message counts for beside its payload: without it, empty messages would never fill a queue.
constexpr std::size_t cost_of_message = 16;

}  // namespace

void Batch::add(const Message& message) {
  const auto data = message.bytes();
  entries_.push_back({.size = data.size(), .type = message.type()});
  bytes_.insert(bytes_.end(), data.begin(), data.end());
}

void Batch::clear() noexcept {
  bytes_.clear();
  entries_.clear();
  next_ = offset_ = 0;
}

Message Batch::front() const noexcept {
  const auto& [size, type] = entries_[next_];
  return {type, std::span(bytes_).subspan(offset_, size)};
}

std::expected<void, Error> SharedQueue::send(const Message& message) {
  if (!owner.is_this()) return add(message);
  if (!feed) return std::unexpected(Error::already_closed);
  if (const auto refused = feed->send(message)) return std::unexpected(refused->error);
  const std::lock_guard lock(mutex_);
  ++counters_.sent;
  return {};
}

std::expected<void, Error> SharedQueue::add(const Message& message) {
  if (message.is_text() && !is_utf8(message.text())) return std::unexpected(Error::invalid_utf8);
  const std::size_t size = message.size();
  {
    std::shared_ptr<SharedQueue> last;  // outlives the lock
    const std::lock_guard lock(mutex_);
    if (owner.has_ended()) {
      is_closed_ = true;
      last = std::move(woken_);
    }
    if (is_closed_) return std::unexpected(Error::already_closed);
    const std::size_t waiting = counters_.queued_bytes + counters_.queued * cost_of_message;
    if (counters_.queued > 0 && waiting + size + cost_of_message > options_.max_queued_bytes) {
      return std::unexpected(Error::would_block);
    }
    added_.add(message);
    ++counters_.queued;
    counters_.queued_bytes += size;
    if (woken_) return {};
    woken_ = shared_from_this();
  }
  wake();
  return {};
}

void SharedQueue::wake() {
  const bool is_posted = owner.post(
      [](void* posted) {
        auto& queue = *static_cast<SharedQueue*>(posted);
        std::shared_ptr<SharedQueue> alive;
        {
          const std::lock_guard lock(queue.mutex_);
          alive = std::move(queue.woken_);
        }
        if (queue.feed) queue.feed->drain();
      },
      this);
  if (is_posted) return;
  const std::lock_guard lock(mutex_);
  woken_.reset();  // the caller has another reference
}

SenderCounters SharedQueue::counters() {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void SharedQueue::take(Batch& batch) {
  const std::lock_guard lock(mutex_);
  std::swap(added_, batch);
}

void SharedQueue::close() {
  feed = nullptr;
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
}

void SharedQueue::count(const Done& done) {
  const std::lock_guard lock(mutex_);
  counters_.sent += done.sent;
  counters_.dropped += done.dropped;
  if (done.last_drop) counters_.last_drop = done.last_drop;
  counters_.queued -= done.sent + done.dropped;
  counters_.queued_bytes -= done.bytes;
}

}  // namespace hawser::detail
