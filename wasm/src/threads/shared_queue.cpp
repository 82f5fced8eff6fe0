#include "shared_queue.hpp"

#include <span>
#include <string_view>
#include <utility>

#include "../socket/utf8.hpp"
#include "feed.hpp"

namespace hawser::detail {

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
  auto sent = feed->send(message);
  if (sent) sent_.fetch_add(1, std::memory_order_relaxed);
  return sent;
}

std::expected<void, Error> SharedQueue::add(const Message& message) {
  if (message.is_text() && !is_utf8(message.text())) return std::unexpected(Error::invalid_utf8);
  const std::lock_guard lock(mutex_);
  if (is_closed_ || owner.has_ended()) return std::unexpected(Error::already_closed);
  const std::size_t size = message.size();
  if (queued_ > 0 && queued_bytes_ + size > options_.max_queued_bytes) return std::unexpected(Error::would_block);
  added_.add(message);
  ++queued_;
  queued_bytes_ += size;
  if (woken_) return {};
  woken_ = shared_from_this();
  owner.post(
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
  return {};
}

SenderCounters SharedQueue::counters() {
  const std::lock_guard lock(mutex_);
  return {.sent = sent_.load(std::memory_order_relaxed),
          .dropped = dropped_.load(std::memory_order_relaxed),
          .queued = queued_,
          .queued_bytes = queued_bytes_};
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
  sent_.fetch_add(done.sent, std::memory_order_relaxed);
  dropped_.fetch_add(done.dropped, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  queued_ -= done.sent + done.dropped;
  queued_bytes_ -= done.bytes;
}

}  // namespace hawser::detail
