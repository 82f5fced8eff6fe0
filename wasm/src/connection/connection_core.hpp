#pragma once

#include <coroutine>
#include <expected>
#include <optional>
#include <string_view>

#include <hawser/close.hpp>
#include <hawser/connect_options.hpp>
#include <hawser/detail/operations.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/wait_queue.hpp>
#include <hawser/detail/waiter.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/web_socket.hpp>

#include "receive_queue.hpp"
#include "send_queue.hpp"

namespace hawser::detail {

/// The state that a `Connection` owns: a socket, the receive queue for its messages, its send
/// queue, and the coroutines that wait for it to open and to end. Moving the `Connection` does not
/// move this.
class ConnectionCore {
 public:
  explicit ConnectionCore(const ConnectOptions& options);

  /// Waits still in progress end with `Error::destroyed`.
  ~ConnectionCore();

  /// Starts connecting. Returns an error if that fails at once. Takes the subprotocols out of the
  /// options.
  MaybeError open(std::string_view url, ConnectOptions& options, OfferProtocols* offer);

  /// Starts closing. Returns no error if the connection is already closing.
  MaybeError close(int code, std::string_view reason);

  /// Makes a coroutine wait until the connection is open, or until it has ended. Returns false if
  /// the wait is over at once.
  bool wait_to_open(Waiter& opener) { return opener.wait(openers_); }
  bool wait_to_end(CloseWaiter& closer) { return closer.wait(closers_); }

  const WebSocket& socket() const noexcept { return socket_; }
  Socket& inner_socket() noexcept { return *socket_.socket_; }
  ReceiveQueue& receive_queue() noexcept { return receive_queue_; }
  SendQueue& send_queue() noexcept { return send_queue_; }

  [[no_unique_address]] const OwnerThread owner;

 private:
  void opened();
  void received(const Message& message);
  void refuse(Error error);
  void ended(const CloseEvent& event);

  WebSocket socket_;
  // Destroyed in reverse order. Their destructors end waits, and the coroutines resume in that
  // order.
  WaitQueue<CloseWaiter> closers_;
  SendQueue send_queue_;
  ReceiveQueue receive_queue_;
  WaitQueue<Waiter> openers_;
};

}  // namespace hawser::detail
