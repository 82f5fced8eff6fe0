#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <hawser/close.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/receive_error.hpp>

// The building blocks of the awaitables in <hawser/connection.hpp>. Each works on one part of a
// connection. `start` makes the coroutine wait, and returns false if the wait is over at once.

namespace hawser::detail {

class ConnectionCore;
class ReceiveQueue;
class SendQueue;

/// Destroys a core on its own thread.
struct ReleaseConnection {
  void operator()(ConnectionCore* core) const noexcept;
};
using ConnectionPointer = std::unique_ptr<ConnectionCore, ReleaseConnection>;

/// The parts of a core, or null without a core. Any thread may call these.
ReceiveQueue* receive_queue_of(ConnectionCore* core) noexcept;
SendQueue* send_queue_of(ConnectionCore* core) noexcept;

/// Waits for a message or the end of the connection.
///
/// Here and below, `await_ready` leaves all work to `await_suspend`. An operation that need not
/// wait is then a single call.
struct ReceiveWaiter : Waiter {
  /// Passes a message that has arrived to a waiting receiver. Returns false if the message goes to
  /// the next receiver. Otherwise, `refusal` is the reason why the connection must end, if it must.
  using Arrive = bool(ReceiveWaiter& receiver, const Message& message, MaybeError& refusal);

  explicit ReceiveWaiter(ReceiveQueue* from, Arrive* by = nullptr) noexcept
      : receive_queue(from), arrive(by) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  std::expected<OwnedMessage, ReceiveError> failed();
  ReceiveError failure();

  ReceiveQueue* receive_queue;
  Arrive* const arrive;  // null if this takes over the message with its memory
  OwnedMessage message;
  std::optional<CloseEvent> end_event;
};

/// Waits for a message, and has it written to the caller's buffer. Separate from `ReceiveWaiter`,
/// so that the most frequent wait has less to set up.
struct BufferWaiter : ReceiveWaiter {
  BufferWaiter(ReceiveQueue* from, std::span<std::byte> into) noexcept
      : ReceiveWaiter(from, arrive_in_buffer), buffer(into) {}

  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  ReceiveError failure();

  /// What happened to an offered message.
  enum class Offer : std::uint8_t {
    accepted,   ///< The wait has a result: the message, or an error instead.
    too_large,  ///< For the buffer: the result is an error, and the next receiver gets the message.
    ignored,    ///< Empty messages mean nothing in a stream of bytes.
    whole,      ///< This takes over the whole message.
  };
  Offer offer(const Message& message);
  static bool arrive_in_buffer(ReceiveWaiter& receiver, const Message& message,
                               MaybeError& refusal);

  Link reader;  // in the ring of readers that have their own buffer (receive_buffer.hpp)
  std::span<std::byte> buffer;
  std::size_t size = 0;    // of the message
  bool is_stream = false;  // an error for text; empty messages are ignored
  MessageType type = MessageType::binary;
};

/// Returns the next message if it has already arrived, and `Error::would_block` otherwise.
std::expected<OwnedMessage, ReceiveError> try_receive(ReceiveQueue* receive_queue);

/// Waits for room, and sends one message, or a stream piece by piece.
struct SendWaiter : Waiter {
  SendWaiter(SendQueue* to, Message what, bool (*pieces)(SendWaiter&) = nullptr) noexcept
      : queue(to), message(what), send_pieces(pieces) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  std::expected<void, Error> await_resume() const {
    if (error) return std::unexpected(*error);
    return {};
  }

  /// Checks once more before the wait times out, because no event reports that there is room.
  static void check_room(Waiter& sender);

  SendQueue* queue;
  Message message;                         // the part that has not been sent yet
  bool (*const send_pieces)(SendWaiter&);  // null for a message
};

/// Sends as much of a stream as there is room for. Returns whether `sender` is done: all is sent,
/// or a piece failed.
bool send_pieces(SendWaiter& sender);

/// Waits until everything sent has been handed to the network.
struct DrainWaiter : Waiter {
  explicit DrainWaiter(SendQueue* of) noexcept : queue(of) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  std::expected<void, Error> await_resume() const {
    if (error) return std::unexpected(*error);
    return {};
  }

  /// Like `SendWaiter::check_room`.
  static void check_room(Waiter& drainer);

  SendQueue* queue;
};

/// Starts closing the connection, and waits until it has ended.
struct CloseWaiter : Waiter {
  CloseWaiter(ConnectionCore* of, int with, std::string_view why) noexcept
      : core(of), code(with), reason(why) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(Suspended coroutine) {
    set_coroutine(coroutine);
    return start();
  }
  bool start();
  std::expected<CloseEvent, Error> await_resume();

  ConnectionCore* core;
  int code;
  std::string_view reason;
  std::optional<CloseEvent> end_event;
};

}  // namespace hawser::detail
