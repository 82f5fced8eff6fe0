#include "feed.hpp"

#include <algorithm>

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
  return static_cast<Feed*>(tether)->queue_;  // no other kind of tether exists
}

/// Takes from the queue once only, so that busy senders can't keep it here.
void Feed::drain() {
  const bool is_rest = !batch_.is_done();
  if (!is_rest) {
    batch_.clear();
    queue_->take(batch_);
  }
  SharedQueue::Done done;
  bool must_wait = false;
  for (; !batch_.is_done(); batch_.pass()) {
    const Message message = batch_.front();
    const auto refusal = send(message);
    must_wait = refusal && refusal->is_for_later;
    if (must_wait) break;
    done.bytes += message.size();
    if (refusal) {
      ++done.dropped;
      done.last_drop = refusal->error;
    } else {
      ++done.sent;
    }
  }
  queue_->count(done);
  retry_.delay =
      must_wait && done.sent == 0 ? std::clamp(2 * retry_.delay, shortest_retry, longest_retry) : shortest_retry;
  if (must_wait)
    retry_.start(retry_.delay);
  else if (is_rest)
    retry_.start(milliseconds::zero());  // this may be the only call for what was added since
  else
    retry_.leave();
}

void Feed::end() {
  const std::unique_ptr<Feed> last(this);
  queue_->close();
}

}  // namespace hawser::detail
