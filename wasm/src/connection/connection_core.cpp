#include "connection_core.hpp"

#include <cstddef>
#include <utility>

#include "../socket/socket.hpp"
#include "scheduler.hpp"

namespace hawser::detail {

ConnectionCore::ConnectionCore(ConnectOptions options)
    : options_(std::move(options)),
      send_queue_(socket_, options_.high_water_mark, options_.low_water_mark),
      receive_queue_({.max_bytes = options_.max_inbox_bytes,
                      .max_messages = options_.max_inbox_messages,
                      .when_full = options_.when_inbox_full,
                      .may_refuse_unread = true}) {}

ConnectionCore::~ConnectionCore() {
  release_alarm();  // an exception may have left it set with nothing to wait for
}

std::optional<Error> ConnectionCore::open(std::string_view url) {
  const WebSocketOptions options{.protocols = std::move(options_.protocols),
                                 .connect_timeout = options_.connect_timeout,
                                 .close_timeout = options_.close_timeout,
                                 .drain_timeout = options_.drain_timeout,
                                 .max_message_size = options_.max_message_size};
  auto socket = WebSocket::open(url, options);
  if (!socket) return socket.error();
  socket_ = std::move(*socket);
  socket_.on_open([this] { opened(); });
  socket_.on_message([this](const Message& message) { received(message); });
  socket_.on_close([this](const CloseEvent& event) { ended(event); });
  socket_.socket_->set_buffer_selector(
      [](void* receive_queue, std::size_t size) {
        return static_cast<ReceiveQueue*>(receive_queue)->select_buffer(size);
      },
      &receive_queue_);
  return std::nullopt;
}

bool ConnectionCore::wait_to_open(Waiter& opener, const WaitOptions& options) { return opener.wait(openers_, options); }

void ConnectionCore::opened() {
  if (!openers_.empty()) openers_.front().end_now();
}

/// The coroutine that the message resumes may destroy this. Then there is no refusal.
void ConnectionCore::received(const Message& message) {
  send_queue_.message_received();
  if (const auto refusal = receive_queue_.received(message)) refuse(*refusal);
  resume_ready();
}

/// Closes the connection because of a message. What is in the inbox, and then the end, can still be received.
void ConnectionCore::refuse(Error error) {
  refusal_ = error;
  socket_.socket_->refuse(error);
  send_queue_.fail_senders(Error::already_closing);
}

void ConnectionCore::ended(const CloseEvent& event) {
  CloseEvent end = event;
  if (refusal_) end.error = refusal_;
  openers_.end_all(end.error.value_or(Error::closed));
  receive_queue_.close(end);
  send_queue_.close();
  while (!closers_.empty()) {
    CloseWaiter& closer = closers_.front();
    closer.end_event = end;
    closer.end();
  }
  resume_ready();
}

std::optional<Error> ConnectionCore::close(int code, std::string_view reason) {
  const auto closed = socket_.close(code, reason);
  const bool is_ending = closed || closed.error() == Error::already_closing || closed.error() == Error::already_closed;
  if (!is_ending) return closed.error();
  send_queue_.fail_senders(Error::already_closing);
  return std::nullopt;
}

bool ConnectionCore::wait_to_end(CloseWaiter& closer) { return closer.wait(closers_, closer.wait_options); }

void ReleaseConnection::operator()(ConnectionCore* core) const noexcept {
  if (mine(core)) {
    delete core;
  } else {
    core->owner.post([](void* released) { delete static_cast<ConnectionCore*>(released); }, core);
  }
}

ReceiveQueue* receive_queue_of(ConnectionCore* core) noexcept { return core ? &core->receive_queue() : nullptr; }

SendQueue* send_queue_of(ConnectionCore* core) noexcept { return core ? &core->send_queue() : nullptr; }

bool CloseWaiter::await_ready() {
  if (!core) {
    error = Error::no_connection;
  } else if (!mine(core)) {
    error = Error::wrong_thread;
  } else if (core->receive_queue().end()) {
    end_event = core->receive_queue().end();
  } else {
    error = core->close(code, reason);
  }
  return error || end_event;
}

bool CloseWaiter::start() { return core->wait_to_end(*this); }

std::expected<CloseEvent, Error> CloseWaiter::await_resume() {
  if (error) return std::unexpected(*error);
  return std::move(end_event).value_or(CloseEvent());
}

}  // namespace hawser::detail
