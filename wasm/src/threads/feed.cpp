#include "feed.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_retry{1};
constexpr milliseconds longest_retry{32};

/// Whether the connection may accept the message later.
bool is_for_later(Error error) noexcept {
  return error == Error::would_block || error == Error::still_connecting || error == Error::outbox_full;
}

/// Calls `on_drop` for messages, from the event loop. Owns itself.
class DropReport : Timer {
 public:
  /// The report of `queue` to which `add` adds. Null if there is nothing to call.
  static std::unique_ptr<DropReport> of(const std::shared_ptr<SharedQueue>& queue) {
    return std::unique_ptr<DropReport>(queue->on_drop() ? new DropReport(queue) : nullptr);
  }

  void add(const Message& message, Error error) {
    dropped_.add(message);
    errors_.push_back(error);
  }

  static void start(std::unique_ptr<DropReport> report) {
    if (report && !report->errors_.empty()) report.release()->Timer::start(milliseconds::zero());
  }

 private:
  explicit DropReport(std::shared_ptr<SharedQueue> queue)
      : Timer([](Timer& timer) { static_cast<DropReport&>(timer).report(); }), queue_(std::move(queue)) {}

  /// The timer starts first, because nothing after a handler that throws runs here in programs without exceptions. It
  /// then calls this again for the rest.
  void report() {
    Timer::start(milliseconds::zero());
    while (reported_ < errors_.size()) {
      const Message message = dropped_.front();
      dropped_.pass();
      queue_->on_drop()(message, errors_[reported_++]);
    }
    delete this;
  }

  std::shared_ptr<SharedQueue> queue_;
  Batch dropped_;
  std::vector<Error> errors_;
  std::size_t reported_ = 0;
};

}  // namespace

Feed::Feed(void* connection, Send send, SenderOptions options)
    : Tether([](Tether& tether, bool has_ended) {
        auto& feed = static_cast<Feed&>(tether);
        if (has_ended)
          feed.end();
        else
          feed.retry_.start(milliseconds::zero());
      }),
      connection_(connection),
      send_(send),
      queue_(std::make_shared<SharedQueue>(std::move(options))) {
  queue_->feed = this;
}

std::shared_ptr<SharedQueue> Feed::queue_of(Tether*& tether, void* connection, Send send, SenderOptions options) {
  if (!tether) tether = new Feed(connection, send, std::move(options));
  return static_cast<Feed*>(tether)->queue_;
}

std::shared_ptr<SharedQueue> Feed::closed_queue() {
  auto queue = std::make_shared<SharedQueue>(SenderOptions{});
  queue->close();
  return queue;
}

std::expected<void, Error> Feed::send(const Message& message) { return send_(connection_, message); }

void Feed::drain() {
  SharedQueue::Done done;
  std::unique_ptr<DropReport> report;
  bool must_wait = false;
  while (!must_wait) {
    if (batch_.is_done()) {
      batch_.clear();
      queue_->take(batch_);
      if (batch_.is_done()) break;
    }
    const Message message = batch_.front();
    const auto sent = send_(connection_, message);
    if (!sent && is_for_later(sent.error())) {
      must_wait = true;
      break;
    }
    batch_.pass();
    done.bytes += message.size();
    if (sent) {
      ++done.sent;
    } else {
      ++done.dropped;
      if (!report) report = DropReport::of(queue_);
      if (report) report->add(message, sent.error());
    }
  }
  queue_->count(done);
  DropReport::start(std::move(report));
  retry_.leave();
  if (must_wait) {
    retry_.delay = done.sent > 0 ? shortest_retry : std::clamp(2 * retry_.delay, shortest_retry, longest_retry);
    retry_.start(retry_.delay);
  } else {
    retry_.delay = milliseconds::zero();
  }
}

void Feed::end() {
  const std::unique_ptr<Feed> last(this);
  queue_->close();
  SharedQueue::Done done;
  auto report = DropReport::of(queue_);
  Batch added;
  queue_->take(added);
  for (Batch* batch : {&batch_, &added}) {
    for (; !batch->is_done(); batch->pass()) {
      const Message message = batch->front();
      ++done.dropped;
      done.bytes += message.size();
      if (report) report->add(message, Error::already_closed);
    }
  }
  queue_->count(done);
  DropReport::start(std::move(report));
}

}  // namespace hawser::detail
