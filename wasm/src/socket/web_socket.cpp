#include <hawser/web_socket.hpp>

#include <chrono>
#include <utility>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/supported.hpp>

#include "deferred_destruction.hpp"
#include "offered_protocols.hpp"
#include "socket.hpp"
#include "validation.hpp"

namespace hawser {

namespace {

using detail::mine;

/// The error if there is no connection, or if it belongs to another thread.
std::unexpected<Error> refused(const auto& socket) {
  return std::unexpected(socket ? Error::wrong_thread : Error::no_connection);
}

}  // namespace

std::expected<WebSocket, Error> WebSocket::start(std::string_view url,
                                                 const WebSocketOptions& options,
                                                 detail::OfferProtocols* offer) {
  if (!supported()) return std::unexpected(Error::unsupported);
  if (const auto error = check_url(url)) return std::unexpected(*error);
  std::expected<detail::OfferedProtocols, Error> offered;
  if (offer) offered = offer(options.protocols);
  if (!offered) return std::unexpected(offered.error());
  constexpr auto none = std::chrono::milliseconds::zero();
  if (options.connect_timeout <= none || options.close_timeout <= none)
    return std::unexpected(Error::invalid_timeout);
  const auto opened =
      detail::Socket::open(url, offered->view(), options, detail::Socket::measure_peer);
  if (!opened) return std::unexpected(opened.error());
  // If the page's policy forbids the connection, Chromium creates a socket that is closed from the
  // start.
  if ((*opened)->ready_state_of_browser() > ReadyState::open) {
    if (&detail::socket_reports) detail::socket_reports.failed(**opened, Error::blocked);
    detail::Socket::release(*opened);
    return std::unexpected(Error::blocked);
  }
  return WebSocket(*opened);
}

void WebSocket::own() noexcept {
  if (socket_) socket_->owning.store(this, std::memory_order_relaxed);
}

WebSocket::WebSocket(WebSocket&& other) noexcept : socket_(std::move(other.socket_)) { own(); }

// The old connection is destroyed last, because its handlers may own this object.
WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
  auto old = std::move(other.socket_);
  socket_.swap(old);
  own();
  return *this;
}

void WebSocket::Release::operator()(detail::Socket* socket) const noexcept {
  detail::Socket::release(socket);
}

void WebSocket::on_open(HandlerOf<WebSocket, void()> handler) {
  if (mine(socket_.get())) detail::replace(socket_->on_open, std::move(handler));
}

void WebSocket::on_message(HandlerOf<WebSocket, void(const Message&)> handler) {
  if (mine(socket_.get())) detail::replace(socket_->on_message, std::move(handler));
}

void WebSocket::on_error(HandlerOf<WebSocket, void(Error)> handler) {
  if (mine(socket_.get())) detail::replace(socket_->on_error, std::move(handler));
}

void WebSocket::on_close(HandlerOf<WebSocket, void(const CloseEvent&)> handler) {
  if (mine(socket_.get())) detail::replace(socket_->on_close, std::move(handler));
}

std::expected<void, Error> WebSocket::send_message(MessageType type, const std::byte* data,
                                                   std::size_t size) {
  return mine(socket_.get()) ? socket_->send(type, data, size) : refused(socket_);
}

std::expected<void, Error> WebSocket::close(int code, std::string_view reason) {
  if (!mine(socket_.get())) return refused(socket_);
  if (const auto error = check_close(code, reason)) return std::unexpected(*error);
  return socket_->close(code, reason);
}

ReadyState WebSocket::ready_state() const noexcept {
  return mine(socket_.get()) ? socket_->ready_state() : ReadyState::closed;
}

std::uint64_t WebSocket::buffered_amount() const noexcept {
  return mine(socket_.get()) ? socket_->buffered_amount() : 0;
}

std::string WebSocket::url() const {
  return mine(socket_.get()) ? socket_->property(seam::url) : std::string();
}

std::string WebSocket::protocol() const {
  return mine(socket_.get()) ? socket_->property(seam::protocol) : std::string();
}

std::string WebSocket::extensions() const {
  return mine(socket_.get()) ? socket_->property(seam::extensions) : std::string();
}

}  // namespace hawser
