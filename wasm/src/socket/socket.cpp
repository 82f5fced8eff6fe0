#include "socket.hpp"

#include <algorithm>
#include <utility>

#include <hawser/detail/longest_timer.hpp>

#include "deferred_destruction.hpp"
#include "utf8.hpp"

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// How long the engine may take after an error event to send its close event. All engines except
/// Node 20 send one, at the latest in the next task.
constexpr milliseconds close_event_grace{100};

/// The most that the other side reserves for text whose UTF-8 size it does not know yet.
constexpr std::size_t most_room_of_short_text = 3 * seam::fully_reserved_text;

/// What the other side reserves for a close reason: three bytes for each UTF-16 code unit.
constexpr std::size_t most_reason_room = 3 * max_close_reason_size;

Error to_error(int status) noexcept {
  switch (status) {
    case seam::syntax_error: return Error::invalid_url;
    case seam::security_error: return Error::blocked;
    case seam::invalid_utf8: return Error::invalid_utf8;
    case seam::closing: return Error::already_closing;
    case seam::invalid_access_error: return Error::invalid_close_code;
    default: return Error::browser_exception;
  }
}

/// Whether the peer's Close frame ended the connection, even narrowly: some engines report an
/// unclean close if TCP drops right after that frame.
bool is_from_peer(int code) noexcept {
  return code != close_code::abnormal_closure && code != close_code::tls_handshake;
}

}  // namespace

std::expected<Socket*, Error> Socket::open(const std::string_view& url,
                                           const std::string_view& protocols,
                                           const WebSocketOptions& options, Deadline deadline) {
  std::unique_ptr<Socket> socket(new Socket(options, deadline));
  if (!socket->owner.is_this())
    return std::unexpected(Error::wrong_thread);  // a Wasm Worker or an ending thread
  socket->handle_ =
      seam::hawser_open(socket.get(), url.data(), url.size(), protocols.data(), protocols.size());
  if (socket->handle_ <= 0) return std::unexpected(to_error(-socket->handle_));
  if (&socket_reports) socket_reports.opening(*socket, url, protocols);
  socket->finish_after(options.connect_timeout, Error::connection_timed_out);
  return socket.release();
}

void Socket::release(Socket* socket) noexcept {
  if (!mine(socket)) {
    socket->owner.post([](void* released) { release(static_cast<Socket*>(released)); }, socket);
    return;
  }
  socket->is_released_ = true;
  socket->ready_state_ = ReadyState::closed;
  socket->cut_tether();
  if (&socket_reports) socket_reports.released(*socket);
  seam::hawser_release(socket->handle_);
  retire(RetirablePointer(socket));
}

std::expected<void, Error> Socket::send(MessageType type, const std::byte* data, std::size_t size) {
  if (&socket_reports) return socket_reports.send(*this, type, data, size);
  return hand_over(type, data, size);
}

std::expected<void, Error> Socket::hand_over(MessageType type, const std::byte* data,
                                             std::size_t size) {
  if (ready_state_ != ReadyState::open) return std::unexpected(why_not_open());
  const bool is_text = type == MessageType::text;
  // The other side validates longer text, with a decoder that is slow to call.
  if (is_text && size < seam::short_text && !is_utf8({reinterpret_cast<const char*>(data), size})) {
    return std::unexpected(Error::invalid_utf8);
  }
  is_calling_ = true;
  return sent(seam::hawser_send(handle_, data, size, is_text));
}

std::expected<void, Error> Socket::sent(int status) {
  is_calling_ = false;
  if (status == seam::ok) return {};
  if (status == seam::closing && ready_state_ == ReadyState::open) begin_closing();
  return std::unexpected(to_error(status));
}

std::expected<void, Error> Socket::close(int code, std::string_view reason) {
  if (ready_state_ == ReadyState::connecting) {
    is_failed_ = true;
    give_up(ReadyState::closing, Error::aborted);
    return {};
  }
  if (ready_state_ != ReadyState::open) return std::unexpected(why_not_open());
  const int status = send_close(code, reason.data(), reason.size());
  if (status == seam::ok) return {};
  if (ready_state_ == ReadyState::closing) {
    ready_state_ = ReadyState::open;
    seam::hawser_clear_timer(handle_);
  }
  return std::unexpected(to_error(status));
}

int Socket::send_close(int code, const char* reason, std::size_t reason_size) noexcept {
  begin_closing();
  is_calling_ = true;
  const int status = seam::hawser_close(handle_, code, reason, reason_size);
  is_calling_ = false;
  return status;
}

void Socket::set_buffer_selector(SelectBuffer select, void* selector) noexcept {
  select_buffer_ = select;
  buffer_selector_ = selector;
}

std::byte* Socket::reserve(std::size_t size, const std::byte* begun, std::size_t kept) noexcept {
  if (ready_state_ == ReadyState::open && kept == 0) {
    // For short text more room is reserved than it needs, so `received` checks its size.
    if (size > std::max(max_message_size_, most_room_of_short_text)) {
      refuse(Error::message_too_large);
      return nullptr;
    }
    std::byte* const selected = select_buffer_ ? select_buffer_(buffer_selector_, size) : nullptr;
    if (selected) return selected;
  }
  // While the connection is ending, messages are no longer delivered, but a close reason is.
  if (ready_state_ != ReadyState::open && size > most_reason_room) return nullptr;
  std::byte* const place = receive_buffer::reserve(size, begun, kept);
  if (!place) out_of_memory();
  return place;
}

Error Socket::why_not_open() const noexcept {
  switch (ready_state_) {
    case ReadyState::connecting: return Error::still_connecting;
    case ReadyState::closing: return Error::already_closing;
    default: return Error::already_closed;
  }
}

ReadyState Socket::ready_state_of_browser() const noexcept {
  return std::max(ready_state_, static_cast<ReadyState>(seam::hawser_ready_state(handle_)));
}

std::uint64_t Socket::buffered_amount() const noexcept {
  return static_cast<std::uint64_t>(seam::hawser_buffered_amount(handle_));
}

std::string Socket::property(seam::Property which) const {
  std::string text(seam::hawser_property(handle_, which, nullptr, 0), '\0');
  seam::hawser_property(handle_, which, text.data(), text.size());
  return text;
}

void Socket::opened() {
  if (ready_state_ != ReadyState::connecting) return;
  ready_state_ = ReadyState::open;
  seam::hawser_clear_timer(handle_);
  if (tether) tether->notify(*tether, false);
  if (&socket_reports) socket_reports.opened(*this);
  on_open(owner_now());
}

void Socket::received(const Message& message) {
  if (ready_state_ != ReadyState::open) return;
  if (message.bytes().size() > max_message_size_) return refuse(Error::message_too_large);
  if (&socket_reports) socket_reports.received(*this, message);
  on_message(owner_now(), message);
}

/// The engine's error event. The close event that follows may say more. If none follows, the timer
/// ends the connection.
void Socket::failed() {
  if (ready_state_ == ReadyState::closed) return;
  const auto error =
      ready_state_ == ReadyState::connecting ? Error::connection_failed : Error::connection_lost;
  ready_state_ = ReadyState::closed;
  is_failed_ = true;
  finish_after(close_event_grace, refusal_.value_or(error));
  if (!is_calling_) tell_error();
}

void Socket::closed(int code, std::string_view reason, bool was_clean) {
  if (ready_state_ == ReadyState::closed) {
    // An error event came first. Its error is in `end_`.
  } else if (is_from_peer(code)) {
    end_.error.reset();
  } else {
    end_.error =
        ready_state_ == ReadyState::connecting ? Error::connection_failed : Error::connection_lost;
  }
  end_.code = static_cast<std::uint16_t>(code);
  end_.reason = std::string(reason);
  end_.was_clean = was_clean;
  if (!is_calling_) return finish();
  ready_state_ = ReadyState::closed;
  seam::hawser_detach(handle_);
  finish_soon();
}

void Socket::begin_closing() noexcept {
  ready_state_ = ReadyState::closing;
  finish_after(close_timeout_, Error::connection_timed_out);
}

void Socket::timer_fired() {
  if (deadline_ && deadline_(*this, is_due)) return;
  finish();
}

bool Socket::measure_peer(Socket& socket, double delay) {
  const double now = seam::hawser_now();
  const bool was_queued =
      socket.ready_state_ == ReadyState::closing &&
      std::exchange(socket.is_queued_, seam::hawser_buffered_amount(socket.handle_) > 0);
  if (delay != is_due) {
    socket.drains_until_ = now + static_cast<double>(socket.drain_timeout_.count());
  } else if (was_queued && now < socket.drains_until_) {
    // At the last check, messages sent before `close` were still queued. A partial drain can't be
    // detected: Node reports progress only once all of them are sent.
    delay =
        std::min(static_cast<double>(socket.close_timeout_.count()), socket.drains_until_ - now);
  } else {
    const double most = std::exchange(socket.extension_, 0);
    if (most > 0)
      seam::hawser_set_timer(socket.handle_, static_cast<int>(std::min(now - socket.due_, most)));
    return most > 0;
  }
  socket.extension_ = delay;
  socket.due_ = now + delay;
  seam::hawser_set_timer(socket.handle_, static_cast<int>(delay));
  return true;
}

/// While the connection is ending, the message would not have been delivered anyway.
void Socket::out_of_memory() noexcept {
  if (ready_state_ == ReadyState::open) give_up(ReadyState::closed, Error::out_of_memory);
}

void Socket::refuse(Error error) noexcept {
  refusal_ = error;
  if (ready_state_ != ReadyState::open) return;
  constexpr std::string_view reason = "message refused";
  const int status = send_close(refused_message_code, reason.data(), reason.size());
  // A browser that throws here may never report an end.
  if (status != seam::ok && ready_state_ == ReadyState::closing) give_up(ReadyState::closed, error);
}

void Socket::give_up(ReadyState state, Error error) noexcept {
  ready_state_ = state;
  seam::hawser_detach(handle_);
  end_.error = error;
  finish_soon();
}

void Socket::finish_after(milliseconds delay, Error error) noexcept {
  end_.error = error;
  if (delay > longest_timer) return seam::hawser_clear_timer(handle_);
  const auto wait = static_cast<int>(delay.count());
  if (!deadline_ || !deadline_(*this, wait)) seam::hawser_set_timer(handle_, wait);
}

/// Ends the connection in the next turn of the event loop, with `end_`.
void Socket::finish_soon() noexcept {
  extension_ = 0;
  seam::hawser_set_timer(handle_, 0);
}

/// Calls on_error and on_close, and destroys the handlers, even if on_close throws. The timer is
/// set first, because nothing after on_error runs here if that throws: programs without exceptions
/// don't unwind C++ frames. The timer then calls this again for on_close. If on_error lets the
/// event loop turn, the timer fires inside it and ends the socket.
void Socket::finish() {
  if (refusal_) end_.error = refusal_;
  ready_state_ = ReadyState::closed;
  seam::hawser_detach(handle_);
  if (end_.error && !is_error_told_) {
    finish_soon();
    tell_error();
    if (is_released_) return;
    seam::hawser_clear_timer(handle_);
  }
  if (std::exchange(is_end_told_, true)) return;
  let_go_of_handlers();
  cut_tether();
  if (&socket_reports) socket_reports.closed(*this, end_);
  on_close.call_last(retire, owner_now(), end_);
  let_go_of_handlers();  // the one that on_close set
  retire(on_close.release());
}

void Socket::let_go_of_handlers() noexcept {
  retire(on_open.release());
  retire(on_message.release());
  retire(on_value.release());
  retire(on_error.release());
}

void Socket::cut_tether() {
  if (Tether* const cut = std::exchange(tether, nullptr)) cut->notify(*cut, true);
}

void Socket::tell_error() {
  if (!end_.error || std::exchange(is_error_told_, true)) return;
  if (&socket_reports) socket_reports.failed(*this, *end_.error);
  on_error(owner_now(), *end_.error);
}

}  // namespace hawser::detail

namespace hawser::seam {

namespace {

template <typename Event>
void raise(void* state, Event event) {
  detail::enter_event();
  event(*static_cast<detail::Socket*>(state));
  detail::end_event();
}

}  // namespace

void hawser_on_open(void* state) {
  raise(state, [](auto& socket) { socket.opened(); });
}

std::byte* hawser_reserve(void* state, std::size_t size, const std::byte* begun, std::size_t kept) {
  return static_cast<detail::Socket*>(state)->reserve(size, begun, kept);
}

int hawser_on_message(void* state, const std::byte* data, std::size_t size, bool is_text) {
  raise(state, [=](auto& socket) {
    socket.received(Message(is_text ? MessageType::text : MessageType::binary, {data, size}));
  });
  return receive_buffer::room(data);
}

void hawser_on_error(void* state) {
  raise(state, [](auto& socket) { socket.failed(); });
}

void hawser_on_close(void* state, int code, const std::byte* reason, std::size_t reason_size,
                     bool was_clean) {
  raise(state, [=](auto& socket) {
    socket.closed(code, {reinterpret_cast<const char*>(reason), reason_size}, was_clean);
  });
}

void hawser_on_timer(void* state) {
  raise(state, [](auto& socket) { socket.timer_fired(); });
}

void hawser_on_throw() {
  if (&detail::socket_reports) detail::socket_reports.deliver_later();
  detail::leave_event();
}

}  // namespace hawser::seam
