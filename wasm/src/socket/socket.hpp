#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <hawser/close.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/message.hpp>
#include <hawser/options.hpp>
#include <hawser/ready_state.hpp>

#include "receive_buffer.hpp"
#include "seam.hpp"

namespace hawser {

class WebSocket;

}  // namespace hawser

namespace hawser::detail {

/// One connection: the state machine that the rules R3 to R12 describe. The app acts on it through a hawser::WebSocket,
/// or through the class that pages get (wasm/embind); the engine through the seam's events. It outlives its owner
/// while a handler runs.
///
/// It refuses what comes at the wrong moment. What is wrong in itself, such as a close code, its two faces refuse
/// before, each by its own rules: R13's, or the standard's.
///
/// While a timer runs, `end_` is how the connection ends when it fires: a deadline's timeout, an error whose
/// close event never came, or an end that was not to be told inside a call of the app's.
///
/// A deadline measures the peer. Even a punctual one lets a turn of the event loop pass before it ends anything; a late
/// one shows that this thread was busy, and gives back the time that was lost, once. Closing is not late as long as
/// messages are queued.
class Socket final : public Retirable {
 public:
  /// What a deadline does when its timer starts, and, with a negative `delay`, when that has fired: whether it runs on.
  using Deadline = bool (*)(Socket& socket, double delay);

  /// `deadline` is `measure_peer`, or null where there are no deadlines: then that is not linked.
  static std::expected<std::unique_ptr<Socket>, Error> open(std::string_view url, const Options& options,
                                                            Deadline deadline = nullptr);

  static bool measure_peer(Socket& socket, double delay);

  ~Socket() { receive_buffer::remove_socket(); }

  /// Ends the connection and destroys the socket: now, or when the handlers that run have returned; on its own thread,
  /// whichever this is called on.
  static void release(Socket* socket) noexcept;

  std::expected<void, Error> send(MessageType type, const std::byte* data, std::size_t size);
  std::expected<void, Error> send(seam::Value value);

  /// Has the browser add to the buffered amount what an ending connection cannot send (WHATWG WebSockets §3.1).
  void drop(seam::Value value) noexcept;

  std::expected<void, Error> close(int code, std::string_view reason);

  /// From now on messages go to `on_value` and not to `on_message`.
  void receive_values(BinaryType type) noexcept;

  ReadyState ready_state() const noexcept { return ready_state_; }

  /// The same, or what the browser says where that is ahead: once the peer's Close frame is there, before the close
  /// event.
  ReadyState ready_state_of_browser() const noexcept;

  std::uint64_t buffered_amount() const noexcept;
  std::string property(seam::Property which) const;

  /// Whether the connection was failed (RFC 6455 §7.1.7), by the browser or by `close` before it was open. One that
  /// only broke off was not: browsers may raise no error event for it.
  bool is_failed() const noexcept { return is_failed_; }

  /// Returns where to write a message of up to `size` bytes, or null for the thread's buffer.
  using SelectBuffer = std::byte* (*)(void* selector, std::size_t size);

  /// Has `select` called before each message is written.
  void set_buffer_selector(SelectBuffer select, void* selector) noexcept;

  /// Where to write a message, or a close reason, of which `begun` is written already. Null if it is not wanted, or if
  /// there was no memory: then the socket has ended its connection.
  std::byte* reserve(std::size_t size, std::span<const std::byte> begun) noexcept;

  /// Closes the connection for a message that cannot be taken. It ends with this error, however the peer answers.
  void refuse(Error error) noexcept;

  /// Ends the connection from this side, and tells so in a task of its own: this may be inside a call of the app's.
  void give_up(ReadyState state, Error error) noexcept;

  // Events of the engine. Each runs inside receive_buffer::enter and leave.
  void opened();
  void received(const Message& message);
  void received(seam::Value value) {
    if (ready_state_ == ReadyState::open) on_value(owner_now(), value);
  }
  void failed();
  void closed(CloseEvent event);
  void timer_fired();

  HandlerOf<WebSocket, void()> on_open;
  HandlerOf<WebSocket, void(const Message&)> on_message;
  HandlerOf<WebSocket, void(seam::Value)> on_value;
  HandlerOf<WebSocket, void(Error)> on_error;
  HandlerOf<WebSocket, void(const CloseEvent&)> on_close;

  /// The WebSocket that owns this, for handlers that want it; null for the module for pages. Atomic, since another
  /// thread may move it.
  std::atomic<WebSocket*> owning = nullptr;

  [[no_unique_address]] const OwnerThread owner;

 private:
  Socket(const Options& options, Deadline deadline)
      : Retirable(destroy_as<Socket>),
        deadline_(deadline),
        close_timeout_(options.close_timeout),
        drain_timeout_(options.drain_timeout),
        max_message_size_(options.max_message_size) {
    receive_buffer::add_socket();
  }

  void out_of_memory() noexcept;
  WebSocket* owner_now() const noexcept { return owning.load(std::memory_order_relaxed); }
  std::expected<void, Error> sent(int status);
  Error why_not_open() const noexcept;
  void begin_closing() noexcept;
  void finish_after(std::chrono::milliseconds delay, Error error) noexcept;
  void finish_soon() noexcept;
  void finish();
  void let_go_of_handlers() noexcept;
  void tell_error();

  seam::Handle handle_ = 0;
  ReadyState ready_state_ = ReadyState::connecting;
  bool is_calling_ = false;  // inside a call down, where an engine may raise events at once (undici does)
  bool is_failed_ = false;
  bool is_error_told_ = false;
  bool is_end_told_ = false;
  bool is_released_ = false;
  Deadline deadline_;
  std::chrono::milliseconds close_timeout_;
  std::chrono::milliseconds drain_timeout_;
  std::size_t max_message_size_;
  std::optional<Error> refusal_;  // why this side closes, if it does
  double due_ = 0;                // when the timer is to fire
  double extension_ = 0;          // at most, for a deadline that fires late
  double drains_until_ = 0;
  bool is_queued_ = false;  // while closing: messages were, when that was last looked at
  CloseEvent end_;
  SelectBuffer select_buffer_ = nullptr;
  void* buffer_selector_ = nullptr;
};

}  // namespace hawser::detail
