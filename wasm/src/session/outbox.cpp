#include "outbox.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hawser {

KeptMessage::KeptMessage(std::uint64_t id, const Message& message, WasSent was_sent) noexcept
    : id_(id),
      size_(message.bytes().size()),
      type_(message.type()),
      was_sent_(was_sent == WasSent::yes) {
  if (size_ == 0) return;
  data_.reset(static_cast<std::byte*>(std::malloc(size_)));
  is_whole_ = data_ != nullptr;
  if (!is_whole_) size_ = 0;
  if (size_ > 0) std::memcpy(data_.get(), message.bytes().data(), size_);
}

namespace detail {

namespace {

/// Ids are less than this, so that four times an id still fits exactly into a JavaScript double.
constexpr std::uint64_t end_of_ids = std::uint64_t{1} << 51;

}  // namespace

Outbox::Pushed Outbox::push(const Message& message, Keep keep, Limits limits) {
  const std::size_t size = message.bytes().size();
  const bool has_room = limits == Limits::none || has_room_for(size);
  if (keep == Keep::no && (!is_connected_ || !has_room)) return drop(keep);
  const bool may_displace = options_.when_outbox_full == WhenOutboxFull::drop_oldest &&
                            size <= options_.max_outbox_bytes && options_.max_outbox_messages > 0;
  if (!has_room && !may_displace) return drop(keep);

  KeptMessage copy(keep == Keep::yes ? next_id_ : 0, message);
  if (!copy.is_whole_) return drop(keep);
  Pushed pushed{.delivery = Delivery::kept, .id = copy.id_};
  while (!has_room && !has_room_for(size)) {
    pushed.dropped.push_back(take(0));
    ++dropped_;
  }
  if (keep == Keep::yes) ++next_id_;
  bytes_ += size;
  messages_.push_back(std::move(copy));
  return pushed;
}

Outbox::Pushed Outbox::drop(Keep keep) noexcept {
  ++dropped_;
  return {.is_refused =
              keep == Keep::yes && options_.when_outbox_full != WhenOutboxFull::drop_newest};
}

bool Outbox::has_room_for(std::size_t count, std::size_t payload) const noexcept {
  return size() <= options_.max_outbox_messages && count <= options_.max_outbox_messages - size() &&
         bytes_ <= options_.max_outbox_bytes && payload <= options_.max_outbox_bytes - bytes_;
}

void Outbox::connection_open() noexcept {
  is_connected_ = true;
  given_ = 0;
}

MessageList Outbox::connection_lost() {
  is_connected_ = false;
  given_ = 0;
  MessageList lost = take_from(given_before_, Keep::no);
  dropped_ += lost.size();
  return lost;
}

/// Removes and returns the messages from `index` on that were sent with `keep`.
MessageList Outbox::take_from(std::size_t index, Keep keep) {
  MessageList all = std::exchange(messages_, {});
  MessageList taken;
  for (KeptMessage& message : all) {
    const bool is_taken = index == 0 && (message.id_ > 0) == (keep == Keep::yes);
    if (is_taken) bytes_ -= message.size_;
    (is_taken ? taken : messages_).push_back(std::move(message));
    if (index > 0) --index;
  }
  return taken;
}

const KeptMessage* Outbox::next() const noexcept {
  return is_connected_ && given_ < size() ? &messages_[given_] : nullptr;
}

void Outbox::handed_over() {
  if (!next()) return;
  KeptMessage* const message = &messages_[given_];
  message->was_sent_ = true;
  last_given_id_ = std::max(last_given_id_, message->id_);
  if (message->id_ == 0 || options_.acknowledgement == Acknowledgement::none)
    return void(take(given_));
  ++given_;
  given_before_ = std::max(given_before_, given_);
}

MessageList Outbox::drop_next() {
  MessageList dropped;
  if (!next()) return dropped;
  dropped.push_back(take(given_));
  ++dropped_;
  return dropped;
}

std::size_t Outbox::acknowledge(std::uint64_t id) {
  if (id == 0 || id > last_given_id_) return 0;
  std::size_t confirmed = 0;
  for (; given_before_ > 0 && messages_[0].id_ <= id; ++confirmed) take(0);
  return confirmed;
}

std::size_t Outbox::acknowledge_one(std::uint64_t id) {
  const std::size_t index = find(id);
  if (index == given_before_) return 0;
  take(index);
  return 1;
}

MessageList Outbox::clear() {
  MessageList all = std::exchange(messages_, {});
  bytes_ = given_ = given_before_ = 0;
  dropped_ += all.size();
  return all;
}

MessageList Outbox::take_all() {
  given_ = given_before_ = 0;
  return take_from(0, Keep::yes);
}

std::optional<Error> Outbox::restore(std::span<KeptMessage> messages, std::uint64_t next_id) {
  if (const auto error = refusal(messages)) return error;
  if (next_id >= end_of_ids) return Error::id_conflict;
  next_id_ = std::max(next_id_, next_id);
  if (messages.empty()) return {};

  next_id_ = std::max(next_id_, messages.back().id_ + 1);
  // All messages before a sent one count as sent too, because acknowledging it acknowledges them.
  for (std::size_t index = messages.size(); index > 0 && given_before_ == 0; --index) {
    if (messages[index - 1].was_sent_) given_before_ = index;
  }
  for (std::size_t index = 0; index < messages.size(); ++index) {
    messages[index].was_sent_ = index < given_before_;
    bytes_ += messages[index].size_;
  }
  if (given_before_ > 0) last_given_id_ = std::max(last_given_id_, messages[given_before_ - 1].id_);
  messages_.push_front(messages);
  return {};
}

/// Returns why these messages can't be put in front.
std::optional<Error> Outbox::refusal(std::span<const KeptMessage> messages) const noexcept {
  if (messages.empty()) return {};
  std::size_t payload = 0;
  std::uint64_t last_id = 0;
  for (const KeptMessage& message : messages) {
    if (!message.is_whole_) return Error::out_of_memory;
    if (message.id_ <= last_id || message.id_ >= end_of_ids) return Error::id_conflict;
    last_id = message.id_;
    payload += message.size_;
  }
  if (given_before_ > 0) return Error::id_conflict;
  const auto here = this->messages();
  const auto first =
      std::ranges::find_if(here, [](const KeptMessage& message) { return message.id_ > 0; });
  if (first != here.end() && first->id_ <= last_id) return Error::id_conflict;
  if (!has_room_for(messages.size(), payload)) return Error::outbox_full;
  return {};
}

/// Returns the index of message `id` among those that were handed over, or their number if it is
/// not one of them.
std::size_t Outbox::find(std::uint64_t id) const noexcept {
  // Handed-over messages that are still here have ids, in ascending order.
  const KeptMessage* const begin = messages_.begin();
  const KeptMessage* const end = begin + given_before_;
  const KeptMessage* const found = std::lower_bound(
      begin, end, id, [](const KeptMessage& one, auto what) { return one.id_ < what; });
  return found != end && found->id_ == id ? static_cast<std::size_t>(found - begin) : given_before_;
}

/// Removes the message at `index`, and returns it.
KeptMessage Outbox::take(std::size_t index) {
  KeptMessage taken = messages_.take(index);
  bytes_ -= taken.size_;
  if (index < given_) --given_;
  if (index < given_before_) --given_before_;
  return taken;
}

}  // namespace detail

}  // namespace hawser
