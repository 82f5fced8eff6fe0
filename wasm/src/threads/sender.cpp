#include <hawser/sender.hpp>

#include "shared_queue.hpp"

namespace hawser {

std::expected<void, Error> Sender::send(Payload payload) const {
  return queue_ ? queue_->send(payload.message()) : std::unexpected(refusal_);
}

SenderCounters Sender::counters() const { return queue_ ? queue_->counters() : SenderCounters{}; }

}  // namespace hawser
