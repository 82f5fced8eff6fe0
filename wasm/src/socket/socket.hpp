#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <hawser/close.hpp>
#include <hawser/detail/owner_thread.hpp>
#include <hawser/error.hpp>
#include <hawser/handler.hpp>
#include <hawser/message.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/web_socket_options.hpp>

#include "receive_buffer.hpp"
#include "seam.hpp"
#include "socket_reports.hpp"
#include "tether.hpp"

namespace hawser {

class WebSocket;

}  // namespace hawser

namespace hawser::detail {

/// The state machine of one connection.
///
/// The app uses it through a hawser::WebSocket, or through the class that pages get (wasm/pages).
/// The engine raises the seam's events. The socket may outlive its owner, while a handler runs.
///
/// It refuses calls at the wrong time. Its two users have already checked the arguments, such as a
/// close code: the WebSocket by hawser's rules, the class by the standard's.
///
/// While the timer runs, `end_` is how the connection ends when the timer fires. The cause is a
/// deadline, an error event without a close event, or an end inside a call, where no handler may
/// run.
///
/// A deadline measures the peer, not this process. When it is due, queued events get one more turn
/// of the event loop. If it is late because this thread was busy, it waits once more, for as long
/// as it was late. While messages are still queued, closing may take as long as it needs, up to
/// `drain_timeout`.
class Socket final : public Retirable {
 public:
  /// Called to start a deadline's timer, and with `is_due` when the timer has fired. Returns
  /// whether the timer runs.
  using Deadline = bool (*)(Socket& socket, double delay);
  static constexpr double is_due = -1;

  /// Each of `protocols` is a token, and ends with a comma. `options.protocols` is ignored.
  ///
  /// `deadline` is `measure_peer`, or null for no deadlines, so that their code is not linked.
  ///
  /// The caller owns the result, and ends it with `release`.
  static std::expected<Socket*, Error> open(const std::string_view& url,
                                            const std::string_view& protocols,
                                            const WebSocketOptions& options,
                                            Deadline deadline = nullptr);

  static bool measure_peer(Socket& socket, double delay);

  ~Socket() { receive_buffer::remove_socket(); }

  /// Ends the connection and destroys the socket, once no handler runs. Any thread may call this:
  /// the work happens on the socket's own thread.
  static void release(Socket* socket) noexcept;

  std::expected<void, Error> send(MessageType type, const std::byte* data, std::size_t size);
  std::expected<void, Error> send(seam::Value value);

  /// The same as `send`, without a report to observers.
  std::expected<void, Error> hand_over(MessageType type, const std::byte* data, std::size_t size);

  /// Drops data that can't be sent because the connection is ending. The browser still adds it to
  /// the buffered amount (https://websockets.spec.whatwg.org/#dom-websocket-send).
  void drop(seam::Value value) noexcept;

  std::expected<void, Error> close(int code, std::string_view reason);

  /// Sends further messages to `on_value` instead of `on_message`.
  void receive_values(BinaryType type) noexcept;

  /// Counts up from 1, and is never reused.
  seam::Handle id() const noexcept { return handle_; }

  ReadyState ready_state() const noexcept { return ready_state_; }

  /// The same, or the browser's state if that is further along: it reflects the peer's Close frame
  /// before the close event.
  ReadyState ready_state_of_browser() const noexcept;

  std::uint64_t buffered_amount() const noexcept;
  std::string property(seam::Property which) const;

  /// Whether the connection was failed (RFC 6455 §7.1.7), by the browser or by `close` before it
  /// was open. A connection that was only lost has not failed: browsers may raise no error event
  /// for it.
  bool is_failed() const noexcept { return is_failed_; }

  /// Returns where to write a message of up to `size` bytes, or null to use the thread's buffer.
  using SelectBuffer = std::byte* (*)(void* selector, std::size_t size);

  /// Sets a function to call before each message is written.
  void set_buffer_selector(SelectBuffer select, void* selector) noexcept;

  /// Returns where to write a message or a close reason, whose first `kept` bytes are already at
  /// `begun`. Returns null if it would not be delivered. Also returns null if there is no memory,
  /// after ending the connection.
  std::byte* reserve(std::size_t size, const std::byte* begun, std::size_t kept) noexcept;

  /// Closes the connection because of a message. It then ends with this error, however the peer
  /// answers.
  void refuse(Error error) noexcept;

  /// Ends the connection from this side. Handlers are called later, because this may run inside a
  /// call of the app.
  void give_up(ReadyState state, Error error) noexcept;

  // The engine's events. Each runs between `enter_event` and `leave_event`.
  void opened();
  void received(const Message& message);
  void received(seam::Value value) {
    if (ready_state_ != ReadyState::open) return;
    if (&socket_reports) socket_reports.received_value(*this);
    on_value(owner_now(), value);
  }
  void failed();
  void closed(int code, std::string_view reason, bool was_clean);
  void timer_fired();

  HandlerOf<WebSocket, void()> on_open;
  HandlerOf<WebSocket, void(const Message&)> on_message;
  HandlerOf<WebSocket, void(seam::Value)> on_value;
  HandlerOf<WebSocket, void(Error)> on_error;
  HandlerOf<WebSocket, void(const CloseEvent&)> on_close;

  /// The WebSocket that owns this, which handlers may take as their first argument. Null in the
  /// module for pages. Atomic, because another thread may move it.
  std::atomic<WebSocket*> owning = nullptr;

  /// Another user of this connection. Null before there is one, and after the connection has ended.
  Tether* tether = nullptr;

  /// Whether on_close has been called, or is being called.
  bool has_ended() const noexcept { return is_end_told_; }

  [[no_unique_address]] const OwnerThread owner;

 private:
  Socket(const WebSocketOptions& options, Deadline deadline)
      : Retirable(destroy_as<Socket>),
        deadline_(deadline),
        close_timeout_(options.close_timeout),
        drain_timeout_(options.drain_timeout),
        max_message_size_(options.max_message_size) {
    receive_buffer::add_socket();
  }

  void out_of_memory() noexcept;
  WebSocket* owner_now() const noexcept { return owning.load(std::memory_order_relaxed); }
  std::expected<void, Error> hand_over(seam::Value value);
  std::expected<void, Error> sent(int status);
  Error why_not_open() const noexcept;
  int send_close(int code, const char* reason, std::size_t reason_size) noexcept;
  void begin_closing() noexcept;
  void finish_after(std::chrono::milliseconds delay, Error error) noexcept;
  void finish_soon() noexcept;
  void finish();
  void let_go_of_handlers() noexcept;
  void cut_tether();
  void tell_error();

  seam::Handle handle_ = 0;
  ReadyState ready_state_ = ReadyState::connecting;
  bool is_calling_ =
      false;  // inside a call into the engine, which may raise events there (undici does)
  bool is_failed_ = false;
  bool is_error_told_ = false;
  bool is_end_told_ = false;
  bool is_released_ = false;
  Deadline deadline_;
  std::chrono::milliseconds close_timeout_;
  std::chrono::milliseconds drain_timeout_;
  std::size_t max_message_size_;
  std::optional<Error> refusal_;  // why this side closes the connection, if it does
  double due_ = 0;                // when the timer should fire
  double extension_ = 0;          // how much longer a late deadline may wait
  double drains_until_ = 0;
  bool is_queued_ = false;  // while closing: whether messages were queued at the last check
  CloseEvent end_;
  SelectBuffer select_buffer_ = nullptr;
  void* buffer_selector_ = nullptr;
};

}  // namespace hawser::detail
