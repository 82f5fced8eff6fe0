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

// What waits on a channel: the parts of hawser's awaitables that their coroutines never see.

namespace hawser::detail {

class Channel;
class Mailbox;

/// Null if `channel` is. May be called on any thread.
Mailbox* mailbox_of(Channel* channel) noexcept;

struct ReleaseChannel {
  void operator()(Channel* channel) const noexcept;
};
using ChannelPointer = std::unique_ptr<Channel, ReleaseChannel>;

/// Waits for a message, or for the end.
struct ReceiveWaiter : Waiter {
  explicit ReceiveWaiter(Mailbox* from) : mailbox(from) {}
  ReceiveWaiter(Mailbox* from, WaitOptions options) : mailbox(from), wait_options(std::move(options)) {}

  bool await_ready();
  bool await_suspend(std::coroutine_handle<> coroutine);
  ReceiveError failure();

  Mailbox* mailbox;
  WaitOptions wait_options;
  Link reader;  // where `into` says where a message is to be written
  std::span<std::byte> into = {};
  bool is_into = false;
  bool is_stream = false;  // wants no text, and no empty messages
  OwnedMessage message;
  MessageType type = MessageType::binary;
  std::size_t size = 0;
  std::optional<CloseEvent> end_event;
};

/// Waits until messages may be sent, and sends one: or, of a stream, one for each piece.
struct SendWaiter : Waiter {
  SendWaiter(Channel* to, Message what, WaitOptions options, std::size_t most)
      : Waiter(check_room), channel(to), wait_options(std::move(options)), message(what), max_piece(most) {}

  bool await_ready();
  bool await_suspend(std::coroutine_handle<> coroutine);
  std::expected<void, Error> await_resume() const;

  /// No event says that there is room again, so that this asks before the wait ends without it.
  static void check_room(Waiter& sender);

  Channel* channel;
  WaitOptions wait_options;
  Message message;
  std::size_t max_piece;
};

/// Takes what is there already. Where nothing is, that is `Error::would_block`.
std::expected<OwnedMessage, ReceiveError> try_receive(Mailbox* mailbox);

/// Waits until everything sent has been handed to the network.
struct DrainWaiter : Waiter {
  DrainWaiter(Channel* of, WaitOptions options) : Waiter(check), channel(of), wait_options(std::move(options)) {}

  bool await_ready();
  bool await_suspend(std::coroutine_handle<> coroutine);
  std::expected<void, Error> await_resume() const;

  /// No event reports it either.
  static void check(Waiter& drainer);

  Channel* channel;
  WaitOptions wait_options;
};

/// Waits for the end.
struct CloseWaiter : Waiter {
  CloseWaiter(Channel* of, int with, std::string_view why, WaitOptions options)
      : channel(of), wait_options(std::move(options)), code(with), reason(why) {}

  bool await_ready();
  bool await_suspend(std::coroutine_handle<> coroutine);
  std::expected<CloseEvent, Error> await_resume();

  Channel* channel;
  WaitOptions wait_options;
  int code;
  std::string_view reason;
  std::optional<CloseEvent> end_event;
};

}  // namespace hawser::detail
