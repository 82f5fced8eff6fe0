#include "feed.hpp"

#include <algorithm>
#include <utility>

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_retry{1};
constexpr milliseconds longest_retry{32};

}  // namespace

Feed::Feed(void* connection, Send send, const SenderOptions& options)
    : Tether([](Tether& tether, bool has_ended) {
        auto& feed = static_cast<Feed&>(tether);
        if (has_ended)
          feed.end();
        else
          feed.retry_.start(milliseconds::zero());
      }),
      ThreadEnd([](ThreadEnd& end) { static_cast<Feed&>(end).queue_->abandon(); }),
      connection_(connection),
      send_(send),
      queue_(std::make_shared<SharedQueue>(options)) {
  queue_->feed = this;
}

std::shared_ptr<SharedQueue> Feed::queue_of(Tether*& tether, void* connection, Send send,
                                            const SenderOptions& options) {
  if (!tether) tether = new Feed(connection, send, options);
  return static_cast<Feed*>(tether)->queue_;  // Feed is the only kind of tether here
}

/// Takes from the queue only once, so that busy senders can't keep it here. It must do so each
/// time, because the senders of these messages won't wake it again.
void Feed::drain() {
  SharedQueue::Done done;
  bool must_wait = false;
  const auto send_batch = [&] {
    for (; !batch_.is_done(); batch_.pass()) {
      const Message message = batch_.front();
      const auto refusal = send(message);
      must_wait = refusal && refusal->is_for_later;
      if (must_wait) return;
      done.bytes += message.size();
      if (refusal) {
        ++done.dropped;
        done.last_drop = refusal->error;
      } else {
        ++done.sent;
      }
    }
  };
  send_batch();
  if (!must_wait) {
    batch_.clear();
    queue_->take(batch_);
    send_batch();
  }
  queue_->count(done);
  retry_.delay = must_wait && done.sent == 0
                     ? std::clamp(2 * retry_.delay, shortest_retry, longest_retry)
                     : shortest_retry;
  if (must_wait)
    retry_.start(retry_.delay);
  else
    retry_.leave();
}

void Feed::flush(Tether* tether, Send send) {
  if (!tether) return;
  auto& feed = static_cast<Feed&>(*tether);
  const Send usual = std::exchange(feed.send_, send);
  feed.drain();
  feed.send_ = usual;
}

void Feed::end() {
  const std::unique_ptr<Feed> last(this);
  queue_->close();
}

}  // namespace hawser::detail
