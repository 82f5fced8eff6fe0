#include <hawser/byte_stream.hpp>
#include <hawser/connection.hpp>

#include <algorithm>
#include <utility>

#include "connection_core.hpp"

namespace hawser {

bool Connect::await_suspend(detail::Suspended coroutine) {
  set_coroutine(coroutine);
  if (is_cancelled()) return false;
  ConnectOptions defaults;
  ConnectOptions& options = options_ ? *options_ : defaults;
  core_.reset(new detail::ConnectionCore(options));
  error = core_->open(url_, options, offer_);
  return !error && core_->wait_to_open(*this);
}

std::expected<Connection, Error> Connect::await_resume() {
  if (!error) return Connection(std::move(core_));
  core_.reset();
  return std::unexpected(*error);
}

std::expected<Message, ReceiveError> ReceiveInto::await_resume() {
  reader.leave();
  if (error) return std::unexpected(failure());
  return Message(type, buffer.first(size));
}

std::expected<Connection, Error> Connection::open(std::string_view url, ConnectOptions options) {
  detail::ConnectionPointer core(new detail::ConnectionCore(options));
  if (const auto error = core->open(url, options, detail::offer_protocols))
    return std::unexpected(*error);
  return Connection(std::move(core));
}

std::size_t Connection::inbox_size() const noexcept {
  return detail::mine(core_.get()) ? core_->receive_queue().size() : 0;
}

std::size_t Connection::inbox_bytes() const noexcept {
  return detail::mine(core_.get()) ? core_->receive_queue().bytes() : 0;
}

std::expected<void, Error> Connection::try_send(Payload payload) {
  if (!core_) return std::unexpected(Error::no_connection);
  return detail::mine(core_.get()) ? core_->send_queue().try_send(payload.message())
                                   : std::unexpected(Error::wrong_thread);
}

ReadyState Connection::ready_state() const noexcept {
  return detail::mine(core_.get()) ? core_->socket().ready_state() : ReadyState::closed;
}

std::uint64_t Connection::buffered_amount() const noexcept {
  return detail::mine(core_.get()) ? core_->socket().buffered_amount() : 0;
}

std::string Connection::url() const {
  return detail::mine(core_.get()) ? core_->socket().url() : std::string();
}

std::string Connection::protocol() const {
  return detail::mine(core_.get()) ? core_->socket().protocol() : std::string();
}

std::string Connection::extensions() const {
  return detail::mine(core_.get()) ? core_->socket().extensions() : std::string();
}

std::uint64_t Connection::inbox_dropped() const noexcept {
  return detail::mine(core_.get()) ? core_->receive_queue().dropped() : 0;
}

ReadSome::ReadSome(ByteStream& stream, std::span<std::byte> into) noexcept
    : BufferWaiter(detail::receive_queue_of(stream.core_), into), stream_(stream) {
  is_stream = true;
}

bool ReadSome::await_ready() const noexcept {
  return buffer.empty() || !stream_.rest_.bytes().empty();
}

std::expected<std::size_t, ReceiveError> ReadSome::await_resume() {
  reader.leave();
  if (error) {  // the stream may have been destroyed
    if (end_event && *error == Error::closed) return 0;
    return std::unexpected(failure());
  }
  if (!message.bytes().empty()) {
    stream_.rest_ = std::move(message);
    stream_.read_ = 0;
  }
  const auto rest = stream_.rest_.bytes().subspan(stream_.read_);
  if (rest.empty()) return size;
  size = std::min(rest.size(), buffer.size());
  std::ranges::copy(rest.first(size), buffer.begin());
  stream_.read_ += size;
  if (size == rest.size()) {
    stream_.rest_ = {};
    stream_.read_ = 0;
  }
  return size;
}

}  // namespace hawser
