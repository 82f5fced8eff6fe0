// JavaScript values on a connection. What is here needs Embind, and is linked into programs that use it only: that is
// why it is a translation unit of its own.

#include <emscripten/val.h>

#include <utility>

#include <hawser/web_socket.hpp>

#include "dispatch.hpp"
#include "socket.hpp"

namespace hawser {

namespace detail {

/// A value for an ended connection goes to the browser all the same, which drops it, and adds its size to the buffered
/// amount (WHATWG WebSockets §3.1).
std::expected<void, Error> Socket::send(const emscripten::val& value) {
  if (ready_state_ == ReadyState::connecting) return std::unexpected(Error::still_connecting);
  is_calling_ = true;
  const auto status = seam::hawser_send_value(handle_, value.as_handle());
  is_calling_ = false;
  if (status == seam::ok) return {};
  if (status == seam::closing && ready_state_ == ReadyState::open) begin_closing();
  return std::unexpected(ready_state_ == ReadyState::open ? to_error(status) : why_not_open());
}

void Socket::receive_values(BinaryType type) noexcept {
  seam::hawser_receive_values(handle_, type == BinaryType::blob);
}

void Socket::received(const emscripten::val& value) {
  if (ready_state_ == ReadyState::open) on_value(value);
}

}  // namespace detail

std::expected<void, Error> WebSocket::send(const emscripten::val& value) {
  if (!socket_) return std::unexpected(Error::no_connection);
  auto* const data = static_cast<emscripten::EM_VAL>(seam::hawser_to_data(value.as_handle()));
  if (!data) return std::unexpected(value.isString() ? Error::invalid_utf8 : Error::invalid_data);
  return socket_->send(emscripten::val::take_ownership(data));
}

void WebSocket::on_value(Handler<void(const emscripten::val&)> handler, BinaryType type) {
  if (!socket_) return;
  dispatch::replace(socket_->on_value, std::move(handler));
  socket_->receive_values(type);
}

void seam::hawser_on_value(void* state, Value value) {
  const auto owned = emscripten::val::take_ownership(static_cast<emscripten::EM_VAL>(value));
  dispatch::enter();
  static_cast<detail::Socket*>(state)->received(owned);
  dispatch::leave();
}

}  // namespace hawser
