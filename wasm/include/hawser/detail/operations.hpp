#pragma once

#include <coroutine>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <hawser/close.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/receive_error.hpp>
#include <hawser/wait.hpp>

// What the awaitables of <hawser/connection.hpp> are made of. Each works on one part of a connection: `start` makes the
// coroutine wait for it, and returns false if the wait is over at once.

namespace hawser::detail {

class ConnectionCore;
class ReceiveQueue;
class SendQueue;

/// Destroys a core on its own thread.
struct ReleaseConnection {
  void operator()(ConnectionCore* core) const noexcept;
};
using ConnectionPointer = std::unique_ptr<ConnectionCore, ReleaseConnection>;

/// The parts of a core, or null if there is no core. May be called on any thread.
ReceiveQueue* receive_queue_of(ConnectionCore* core) noexcept;
SendQueue* send_queue_of(ConnectionCore* core) noexcept;

/// Waits for a message or the end of the connection.
struct ReceiveWaiter : Waiter {
  explicit ReceiveWaiter(ReceiveQueue* from) : receive_queue(from) {}
  ReceiveWaiter(ReceiveQueue* from, WaitOptions options) : receive_queue(from), wait_options(std::move(options)) {}

  bool await_ready();
  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  ReceiveError failure();

  ReceiveQueue* receive_queue;
  WaitOptions wait_options;
  bool has_buffer = false;  // whether this is a BufferWaiter
  OwnedMessage message;
  std::size_t size = 0;
  std::optional<CloseEvent> end_event;
};

/// Waits for a message that is written to the caller's buffer. Apart from `ReceiveWaiter`, so that the most frequent wait
/// has less to set up.
struct BufferWaiter : ReceiveWaiter {
  BufferWaiter(ReceiveQueue* from, std::span<std::byte> into, WaitOptions options)
      : ReceiveWaiter(from, std::move(options)), buffer(into) {
    has_buffer = true;
  }

  Link reader;  // in the ring of readers with a buffer of their own (receive_buffer.hpp)
  std::span<std::byte> buffer;
  bool is_stream = false;  // an error for text; empty messages are ignored
  MessageType type = MessageType::binary;
};

/// Returns the next message if it has arrived already, and `Error::would_block` otherwise.
std::expected<OwnedMessage, ReceiveError> try_receive(ReceiveQueue* receive_queue);

/// Waits for room, and sends one message, or one piece of a stream after the other.
struct SendWaiter : Waiter {
  SendWaiter(SendQueue* to, Message what, WaitOptions options, std::size_t most)
      : Waiter(check_room), queue(to), wait_options(std::move(options)), message(what), max_piece(most) {}

  bool await_ready();
  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  std::expected<void, Error> await_resume() const;

  /// No event reports that there is room, so this checks once more before the wait times out.
  static void check_room(Waiter& sender);

  SendQueue* queue;
  WaitOptions wait_options;
  Message message;  // what has not been sent yet
  std::size_t max_piece;
};

/// Waits until everything sent has been handed to the network.
struct DrainWaiter : Waiter {
  DrainWaiter(SendQueue* of, WaitOptions options) : Waiter(check_room), queue(of), wait_options(std::move(options)) {}

  bool await_ready();
  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  std::expected<void, Error> await_resume() const;

  /// As that of `SendWaiter`.
  static void check_room(Waiter& drainer);

  SendQueue* queue;
  WaitOptions wait_options;
};

/// Starts to close the connection, and waits for its end.
struct CloseWaiter : Waiter {
  CloseWaiter(ConnectionCore* of, int with, std::string_view why, WaitOptions options)
      : core(of), wait_options(std::move(options)), code(with), reason(why) {}

  bool await_ready();
  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  std::expected<CloseEvent, Error> await_resume();

  ConnectionCore* core;
  WaitOptions wait_options;
  int code;
  std::string_view reason;
  std::optional<CloseEvent> end_event;
};

}  // namespace hawser::detail
