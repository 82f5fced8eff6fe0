// JavaScript values on a connection, as handles into Embind's table, or in the modules for pages
// into that of wasm/pages/page.js. A separate file, because only programs with such a table may
// link it.

#include <utility>

#include <hawser/web_socket.hpp>

#include "deferred_destruction.hpp"
#include "socket.hpp"

namespace hawser {

namespace detail {

std::expected<void, Error> Socket::send(seam::Value value) {
  const auto result = hand_over(value);
  if (&socket_reports) socket_reports.sent_value(*this, result);
  return result;
}

std::expected<void, Error> Socket::hand_over(seam::Value value) {
  if (ready_state_ != ReadyState::open) return std::unexpected(why_not_open());
  is_calling_ = true;
  return sent(seam::hawser_send_value(handle_, value));
}

void Socket::drop(seam::Value value) noexcept { seam::hawser_drop_value(handle_, value); }

void Socket::receive_values(BinaryType type) noexcept {
  if (ready_state_ != ReadyState::closed)
    seam::hawser_receive_values(handle_, type == BinaryType::blob);
}

}  // namespace detail

std::expected<void, Error> WebSocket::send_value(void* value) {
  if (!socket_) return std::unexpected(Error::no_connection);
  if (!detail::mine(socket_.get())) return std::unexpected(Error::wrong_thread);
  bool is_text = false;
  const seam::Value data = seam::hawser_to_data(value, &is_text);
  if (!data) return std::unexpected(is_text ? Error::invalid_utf8 : Error::invalid_data);
  const auto result = socket_->send(data);
  seam::hawser_release_value(data);
  return result;
}

void WebSocket::receive_values(HandlerOf<WebSocket, void(void*)> handler, BinaryType type) {
  if (!detail::mine(socket_.get())) return;
  detail::replace(socket_->on_value, std::move(handler));
  socket_->receive_values(type);
}

void seam::hawser_on_value(void* state, Value value) {
  detail::enter_event();
  static_cast<detail::Socket*>(state)->received(value);
  detail::end_event();
}

}  // namespace hawser
