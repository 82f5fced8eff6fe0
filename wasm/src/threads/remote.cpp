#include "remote.hpp"

#include <algorithm>
#include <utility>

#include <hawser/detail/longest_timer.hpp>

#include "../socket/validation.hpp"
#include "shared_queue.hpp"

namespace hawser::detail {

namespace {

using std::chrono::milliseconds;

/// How often a suspended call checks for room in the browser's queue. No event reports it.
constexpr milliseconds room_interval{8};

}  // namespace

Remote::Remote(Home home, const InboxLimits& limits) noexcept
    : MessageSink{
          .received = [](MessageSink& sink, const Message& message) -> std::optional<Error> {
            auto& remote = static_cast<Remote&>(sink);
            std::optional<Error> refusal;
            {
              const std::lock_guard lock(remote.mutex_);
              refusal = remote.inbox_.keep(message);
            }
            remote.changed_->notify();
            return refusal;
          },
          .ended =
              [](MessageSink& sink, const CloseEvent* end) {
                auto& remote = static_cast<Remote&>(sink);
                if (end) return remote.end_with(*end);
                remote.reopen();
                const std::lock_guard lock(remote.mutex_);
                remote.end_.reset();
              }},
      home_(std::move(home)),
      inbox_(limits) {}

std::expected<OwnedMessage, ReceiveError> Remote::take_locked() {
  inbox_.set_read();
  if (!inbox_.empty()) return inbox_.take();
  if (!end_) return std::unexpected(ReceiveError{.error = Error::would_block});
  return std::unexpected(ReceiveError{.error = end_->error.value_or(Error::closed), .end = end_});
}

std::expected<OwnedMessage, ReceiveError> Remote::try_receive() {
  const std::lock_guard lock(mutex_);
  return take_locked();
}

std::expected<OwnedMessage, ReceiveError> Remote::receive(const WaitOptions& options) {
  std::expected<OwnedMessage, ReceiveError> received =
      std::unexpected(ReceiveError{.error = Error::would_block});
  const auto failure = wait(options, [&] {
    received = try_receive();
    return received || received.error().error != Error::would_block;
  });
  if (failure) return std::unexpected(ReceiveError{.error = *failure});
  return received;
}

std::expected<void, Error> Remote::try_send(const Message& message) {
  std::optional<Sender> sender;
  {
    const std::lock_guard lock(mutex_);
    if (end_) {
      const bool was_refused =
          end_->error == Error::no_thread || end_->error == Error::cannot_block;
      return std::unexpected(was_refused ? *end_->error : Error::already_closed);
    }
    if (is_closing_) return std::unexpected(Error::already_closing);
    if (!has_sender_) return std::unexpected(Error::still_connecting);
    sender = sender_;
  }
  return sender->send(message);
}

std::expected<void, Error> Remote::send(const Message& message, const WaitOptions& options) {
  std::expected<void, Error> sent;
  const auto is_decided = [&] {
    sent = try_send(message);
    return sent || (sent.error() != Error::would_block && sent.error() != Error::still_connecting);
  };
  const auto failure = wait(options, is_decided, home_.thread ? thread_interval : room_interval);
  if (failure) return std::unexpected(*failure);
  return sent;
}

std::expected<CloseEvent, Error> Remote::close(int code, std::string_view reason,
                                               const WaitOptions& options) {
  if (const auto refused = check_close(code, reason)) return std::unexpected(*refused);
  if (options.stop.stop_requested()) return std::unexpected(Error::cancelled);
  if (options.timeout > milliseconds::zero() && !home_.can_wait())
    return std::unexpected(Error::cannot_block);
  is_closing_ = true;
  post([this, code, why = std::string(reason)] {
    if (far) far->close(code, why);
  });
  std::optional<CloseEvent> end;
  const auto failure = wait(options, [&] {
    end = this->end();
    return end.has_value();
  });
  if (failure) return std::unexpected(*failure);
  return std::move(end).value_or(CloseEvent());
}

bool Remote::post(Handler<void()> act) {
  const auto self = shared_from_this();
  Handler<void()> call([self, act = std::move(act)] { act(); });
  if (home_.thread) return home_.thread->post(std::move(call));
  if (!maker_.is_this()) return post_to(maker_, call);
  call();
  return true;
}

ReadyState Remote::ready_state() const noexcept {
  const ReadyState state = ready_state_;
  return is_closing_ && state < ReadyState::closing ? ReadyState::closing : state;
}

Sender Remote::sender() const {
  const std::lock_guard lock(mutex_);
  return sender_;
}

std::string Remote::url() const {
  const std::lock_guard lock(mutex_);
  return url_;
}

std::string Remote::protocol() const {
  const std::lock_guard lock(mutex_);
  return protocol_;
}

std::string Remote::extensions() const {
  const std::lock_guard lock(mutex_);
  return extensions_;
}

SessionStatus Remote::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::optional<CloseEvent> Remote::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

std::size_t Remote::inbox_size() const {
  const std::lock_guard lock(mutex_);
  return inbox_.size();
}

std::size_t Remote::inbox_bytes() const {
  const std::lock_guard lock(mutex_);
  return inbox_.bytes();
}

std::uint64_t Remote::inbox_dropped() const {
  const std::lock_guard lock(mutex_);
  return inbox_.dropped();
}

void Remote::attach(std::unique_ptr<FarEnd> made) {
  far = std::move(made);
  if (home_.thread) home_.thread->add(*far);
  has_started_ = true;
  changed_->notify();
}

void Remote::set_sender(Sender sender) {
  if (sender.queue_) sender.queue_->on_change = [changed = changed_] { changed->notify(); };
  {
    const std::lock_guard lock(mutex_);
    sender_ = std::move(sender);
    has_sender_ = true;
  }
  changed_->notify();
}

void Remote::opened(std::string url, std::string protocol, std::string extensions) {
  {
    const std::lock_guard lock(mutex_);
    url_ = std::move(url);
    protocol_ = std::move(protocol);
    extensions_ = std::move(extensions);
  }
  ready_state_ = ReadyState::open;
  was_open_ = true;
  is_settled_ = true;
  changed_->notify();
}

void Remote::set_status(const SessionStatus& status, ReadyState state) {
  {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  ready_state_ = state;
  changed_->notify();
}

void Remote::end_with(const CloseEvent& event) {
  {
    const std::lock_guard lock(mutex_);
    if (end_) return;
    end_ = event;
  }
  ready_state_ = ReadyState::closed;
  has_started_ = true;
  is_settled_ = true;
  changed_->notify();
}

void Remote::lose(Error error) {
  const auto alive = shared_from_this();
  far.reset();
  end_with({.error = error});
}

void Remote::release() {
  post([this] { const auto gone = std::move(far); });
  end_with({.error = Error::destroyed});
}

std::optional<Remote::Clock::time_point> Remote::deadline_of(milliseconds timeout) noexcept {
  if (timeout > longest_timer) return std::nullopt;
  return Clock::now() + std::max(timeout, milliseconds::zero());
}

/// On the heap, because a cancelled thread leaves it behind.
Remote::Notifier Remote::notify_on_stop(const std::stop_token& stop) const {
  return stop.stop_possible() ? std::make_unique<std::stop_callback<Notify>>(stop, Notify{changed_})
                              : nullptr;
}

/// If a thread was cancelled or its worker was terminated, a call that creates the other half may
/// be lost.
void Remote::check_thread() {
  if (home_.thread && home_.thread->has_ended()) end_with({.error = Error::no_thread});
}

}  // namespace hawser::detail
