#include "connection_core.hpp"

#include <cstddef>
#include <utility>

#include "../socket/socket.hpp"
#include "scheduler.hpp"

namespace hawser::detail {

ConnectionCore::ConnectionCore(const ConnectOptions& options)
    : send_queue_(options.high_water_mark, options.low_water_mark),
      receive_queue_({.max_bytes = options.max_inbox_bytes,
                      .max_messages = options.max_inbox_messages,
                      .when_full = options.when_inbox_full,
                      .may_refuse_unread = true}) {}

ConnectionCore::~ConnectionCore() {
  release_alarm();  // an exception may have left it set with nothing to wait for
}

MaybeError ConnectionCore::open(std::string_view url, ConnectOptions& options,
                                OfferProtocols* offer) {
  const WebSocketOptions socket_options{.protocols = std::move(options.protocols),
                                        .connect_timeout = options.connect_timeout,
                                        .close_timeout = options.close_timeout,
                                        .drain_timeout = options.drain_timeout,
                                        .max_message_size = options.max_message_size};
  auto opened = WebSocket::start(url, socket_options, offer);
  if (!opened) return opened.error();
  socket_ = std::move(*opened);
  Socket& socket = *socket_.socket_;
  send_queue_.set_socket(socket);
  socket.on_open = [this] { this->opened(); };
  socket.on_message = [this](const Message& message) { received(message); };
  socket.on_close = [this](const CloseEvent& event) { ended(event); };
  socket.set_buffer_selector(
      [](void* receive_queue, std::size_t size) {
        return static_cast<ReceiveQueue*>(receive_queue)->select_buffer(size);
      },
      &receive_queue_);
  return {};
}

void ConnectionCore::opened() {
  if (!openers_.empty()) openers_.front().end_now();
}

/// Resumes the coroutine that waits for the message. It may destroy this object; then there is no
/// error to return.
void ConnectionCore::received(const Message& message) {
  send_queue_.message_received();
  if (const auto refusal = receive_queue_.received(message)) refuse(*refusal);
  resume_ready();
}

/// Closes the connection because of a message. The app can still receive what is in the inbox, and
/// then the end.
void ConnectionCore::refuse(Error error) {
  socket_.socket_->refuse(error);
  send_queue_.fail_senders(Error::already_closing);
}

void ConnectionCore::ended(const CloseEvent& event) {
  openers_.end_all(event.error.value_or(Error::closed));
  receive_queue_.close(event);
  send_queue_.close();
  while (!closers_.empty()) {
    CloseWaiter& closer = closers_.front();
    closer.end_event.emplace(event);
    closer.end();
  }
  resume_ready();
}

MaybeError ConnectionCore::close(int code, std::string_view reason) {
  const auto closed = socket_.close(code, reason);
  const bool is_ending =
      closed || closed.error() == Error::already_closing || closed.error() == Error::already_closed;
  if (!is_ending) return closed.error();
  send_queue_.fail_senders(Error::already_closing);
  return {};
}

void ReleaseConnection::operator()(ConnectionCore* core) const noexcept {
  if (mine(core)) {
    delete core;
  } else {
    core->owner.post([](void* released) { delete static_cast<ConnectionCore*>(released); }, core);
  }
}

ReceiveQueue* receive_queue_of(ConnectionCore* core) noexcept {
  return core ? &core->receive_queue() : nullptr;
}

SendQueue* send_queue_of(ConnectionCore* core) noexcept {
  return core ? &core->send_queue() : nullptr;
}

bool CloseWaiter::start() {
  if (!core) {
    error = Error::no_connection;
  } else if (!mine(core)) {
    error = Error::wrong_thread;
  } else if (const auto& end = core->receive_queue().end()) {
    end_event.emplace(*end);
  } else {
    error = core->close(code, reason);
    return !error && core->wait_to_end(*this);
  }
  return false;
}

std::expected<CloseEvent, Error> CloseWaiter::await_resume() {
  if (error) return std::unexpected(*error);
  return std::move(end_event).value_or(CloseEvent());
}

}  // namespace hawser::detail
