#include "shared_queue.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "../socket/utf8.hpp"
#include "feed.hpp"

namespace hawser::detail {

namespace {

/// Added to each message's size. Without it, empty messages would never fill a queue.
constexpr std::size_t cost_of_message = 16;

/// The most memory that an emptied batch keeps for later messages.
constexpr std::size_t most_kept = std::size_t{1} << 20;

}  // namespace

bool Batch::add(const Message& message) noexcept {
  const auto data = message.bytes();
  const std::size_t size = sizeof(Header) + data.size();
  if (size > capacity_ - end_) {
    const std::size_t larger = std::max(end_ + size, 2 * capacity_);
    auto* const memory = static_cast<std::byte*>(std::malloc(larger));
    if (!memory) return false;
    std::copy_n(memory_.get(), end_, memory);
    memory_.reset(memory);
    capacity_ = larger;
  }
  const Header header{.size = data.size(), .type = message.type()};
  std::byte* const place = memory_.get() + end_;
  std::memcpy(place, &header, sizeof header);
  std::ranges::copy(data, place + sizeof header);
  end_ += size;
  return true;
}

void Batch::clear() noexcept {
  end_ = next_ = 0;
  if (capacity_ <= most_kept) return;
  memory_.reset();
  capacity_ = 0;
}

Batch::Header Batch::header() const noexcept {
  Header header;
  std::memcpy(&header, memory_.get() + next_, sizeof header);
  return header;
}

Message Batch::front() const noexcept {
  const auto [size, type] = header();
  return {type, {memory_.get() + next_ + sizeof(Header), size}};
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
    const std::lock_guard lock(mutex_);
    if (is_closed_) return std::unexpected(Error::already_closed);
    const std::size_t waiting = counters_.queued_bytes + counters_.queued * cost_of_message;
    if (counters_.queued > 0 && waiting + size + cost_of_message > options_.max_queued_bytes) {
      return std::unexpected(Error::would_block);
    }
    if (!added_.add(message)) return std::unexpected(Error::out_of_memory);
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
  woken_.reset();  // the caller holds another reference
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
  if (counters_.queued == 0) return;
  counters_.dropped += std::exchange(counters_.queued, 0);
  counters_.queued_bytes = 0;
  counters_.last_drop = Error::already_closed;
  added_ = {};
}

void SharedQueue::abandon() {
  close();
  std::shared_ptr<SharedQueue> last;  // outlives the lock
  const std::lock_guard lock(mutex_);
  last = std::move(woken_);
}

void SharedQueue::count(const Done& done) {
  {
    const std::lock_guard lock(mutex_);
    counters_.sent += done.sent;
    counters_.dropped += done.dropped;
    if (done.last_drop) counters_.last_drop = done.last_drop;
    counters_.queued -= done.sent + done.dropped;
    counters_.queued_bytes -= done.bytes;
  }
  if (on_change) on_change();
}

}  // namespace hawser::detail
