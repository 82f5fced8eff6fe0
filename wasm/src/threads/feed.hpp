#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>

#include "../socket/tether.hpp"
#include "shared_queue.hpp"

namespace hawser::detail {

/// Sends the messages of a `SharedQueue` on the connection's thread. Exists until the connection
/// ends, or forever if the thread ends first.
class Feed : public Tether, private ThreadEnd {
 public:
  /// Why a message was not sent, and whether the connection may accept it later.
  struct Refusal {
    Error error;
    bool is_for_later;
  };

  /// Sends a message over a connection of one kind.
  using Send = std::optional<Refusal> (*)(void* connection, const Message& message);

  /// Returns the queue of the connection with this tether. Creates it if necessary.
  static std::shared_ptr<SharedQueue> queue_of(Tether*& tether, void* connection, Send send,
                                               const SenderOptions& options);

  std::optional<Refusal> send(const Message& message) { return send_(connection_, message); }

  /// Sends the added messages, as far as the connection accepts them now.
  void drain();

  /// Sends all added messages with `send`, because the connection is about to close.
  static void flush(Tether* tether, Send send);

 private:
  Feed(void* connection, Send send, const SenderOptions& options);
  void end();

  /// Retries messages that the connection did not accept. No event reports when it would accept
  /// them.
  struct Retry : Timer {
    explicit Retry(Feed& of) noexcept
        : Timer([](Timer& timer) { static_cast<Retry&>(timer).feed.drain(); }), feed(of) {}
    Feed& feed;
    std::chrono::milliseconds delay{0};
  };

  void* connection_;
  Send send_;
  std::shared_ptr<SharedQueue> queue_;
  Batch batch_;  // taken from the queue, and not sent yet
  Retry retry_{*this};
};

}  // namespace hawser::detail
