// Fuzzes the outbox of sessions against a plain deque: order, at least once, never twice on one
// connection, limits, counters, and messages that are taken and restored.

#include <hawser/outbox.hpp>

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../../wasm/src/session/outbox.hpp"
#include "input.hpp"

using fuzz::demand;
using hawser::Acknowledgement;
using hawser::Delivery;
using hawser::Error;
using hawser::Keep;
using hawser::KeptMessage;
using hawser::Message;
using hawser::MessageType;
using hawser::OutboxOptions;
using hawser::WasSent;
using hawser::WhenOutboxFull;
using hawser::detail::Limits;
using hawser::detail::Outbox;

namespace {

struct Kept {
  std::uint64_t id;
  std::string text;
  MessageType type;
  Limits limits;
  bool was_given = false;  // to any connection
  bool is_given = false;   // to this one
};

bool is_same(const KeptMessage& message, const Kept& kept) {
  const Message view = message;
  return message.id() == kept.id && view.text() == kept.text && view.type() == kept.type &&
         message.was_sent() == kept.was_given;
}

constexpr std::uint64_t end_of_ids = std::uint64_t{1} << 51;

/// Implements the promises of outbox.hpp, without regard to speed.
class Reference {
 public:
  explicit Reference(const OutboxOptions& options) : options_(options) {}

  struct Pushed {
    bool is_kept = false;
    bool is_refused = false;
    std::uint64_t id = 0;
    std::vector<Kept> dropped = {};
  };

  Pushed push(const std::string& text, MessageType type, Keep keep, Limits limits) {
    if (keep == Keep::no && !is_connected) return drop(keep);
    if (limits == Limits::apply) {
      if (keep == Keep::no && !has_room_for(text)) return drop(keep);
      if (text.size() > options_.max_outbox_bytes || options_.max_outbox_messages == 0)
        return drop(keep);
      if (options_.when_outbox_full != WhenOutboxFull::drop_oldest && !has_room_for(text))
        return drop(keep);
    }
    Pushed pushed{.is_kept = true, .id = keep == Keep::yes ? next_id++ : 0};
    while (limits == Limits::apply && !has_room_for(text)) {
      pushed.dropped.push_back(std::move(messages.front()));
      messages.pop_front();
      ++dropped;
    }
    messages.push_back({.id = pushed.id, .text = text, .type = type, .limits = limits});
    return pushed;
  }

  void connection_open() {
    is_connected = true;
    for (auto& message : messages) message.is_given = false;
  }

  std::vector<Kept> connection_lost() {
    is_connected = false;
    for (auto& message : messages) message.is_given = false;
    return drop_all([](const Kept& message) { return message.id == 0; });
  }

  const Kept* next() const {
    const auto found = std::ranges::find(messages, false, &Kept::is_given);
    return is_connected && found != messages.end() ? &*found : nullptr;
  }

  void handed_over() {
    const auto found = std::ranges::find(messages, false, &Kept::is_given);
    if (!is_connected || found == messages.end()) return;
    last_given_id = std::max(last_given_id, found->id);
    found->was_given = found->is_given = true;
    if (found->id == 0 || options_.acknowledgement == Acknowledgement::none) messages.erase(found);
  }

  std::vector<Kept> drop_next() {
    const Kept* const first = next();
    if (!first) return {};
    return drop_all([first](const Kept& message) { return &message == first; });
  }

  std::size_t acknowledge(std::uint64_t id) {
    if (id > last_given_id) return 0;
    return std::erase_if(
        messages, [&](const Kept& message) { return message.was_given && message.id <= id; });
  }

  std::size_t acknowledge_one(std::uint64_t id) {
    return std::erase_if(
        messages, [&](const Kept& message) { return message.was_given && message.id == id; });
  }

  std::vector<Kept> clear() {
    return drop_all([](const Kept&) { return true; });
  }

  std::vector<Kept> take_all() {
    const auto dropped_before = dropped;
    auto taken = drop_all([](const Kept& message) { return message.id > 0; });
    dropped = dropped_before;
    return taken;
  }

  std::optional<Error> restore(std::vector<Kept> restored, std::uint64_t from) {
    std::size_t payload = bytes();
    std::uint64_t last_id = 0;
    for (const auto& message : restored) {
      if (message.id <= last_id || message.id >= end_of_ids) return Error::id_conflict;
      last_id = message.id;
      payload += message.text.size();
    }
    for (const auto& message : messages) {
      if (!restored.empty() && (message.was_given || (message.id > 0 && message.id <= last_id))) {
        return Error::id_conflict;
      }
    }
    const bool has_room = messages.size() + restored.size() <= options_.max_outbox_messages;
    if (!restored.empty() && !(has_room && payload <= options_.max_outbox_bytes))
      return Error::outbox_full;
    if (from >= end_of_ids) return Error::id_conflict;
    next_id = std::max({next_id, from, restored.empty() ? 0 : last_id + 1});
    bool is_before_given = false;
    for (auto& message : std::views::reverse(restored)) {
      is_before_given = is_before_given || message.was_given;
      message.was_given = is_before_given;
      if (is_before_given) last_given_id = std::max(last_given_id, message.id);
      messages.push_front(message);
    }
    return {};
  }

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& message : messages) sum += message.text.size();
    return sum;
  }

  std::size_t waiting() const {
    return static_cast<std::size_t>(std::ranges::count(messages, false, &Kept::is_given));
  }

  std::deque<Kept> messages;
  std::uint64_t next_id = 1;
  std::uint64_t last_given_id = 0;
  std::uint64_t dropped = 0;
  bool is_connected = false;

 private:
  bool has_room_for(const std::string& text) const {
    return messages.size() < options_.max_outbox_messages &&
           bytes() + text.size() <= options_.max_outbox_bytes;
  }

  Pushed drop(Keep keep) {
    ++dropped;
    return {.is_refused =
                keep == Keep::yes && options_.when_outbox_full != WhenOutboxFull::drop_newest};
  }

  std::vector<Kept> drop_all(auto is_meant) {
    std::vector<Kept> taken;
    for (auto& message : messages) {
      if (is_meant(message)) taken.push_back(message);
    }
    std::erase_if(messages, is_meant);
    dropped += taken.size();
    return taken;
  }

  OutboxOptions options_;
};

/// The outbox and the reference, and the promises that don't need the reference.
class Both {
 public:
  explicit Both(const OutboxOptions& options)
      : options_(options), outbox_(options), reference_(options) {}

  void step(fuzz::Input& input) {
    switch (input.below(15)) {
      case 0: return open();
      case 1: return same(outbox_.connection_lost(), reference_.connection_lost());
      case 2:
      case 3:
      case 4: return hand_over();
      case 5: return acknowledge(input.below(40));
      case 6: return acknowledge_one(input.below(40));
      case 7: return acknowledge(input.take<std::uint64_t>());
      case 8: return input.below(8) == 0 ? same(outbox_.clear(), reference_.clear()) : hand_over();
      case 9:
        return input.below(4) == 0 ? same(outbox_.drop_next(), reference_.drop_next())
                                   : push(input);
      case 12: return input.below(4) == 0 ? take_all() : push(input);
      case 13: return restore_taken(input);
      case 14: return input.below(4) == 0 ? restore_stored(input) : hand_over();
      default: return push(input);
    }
  }

  void compare() const {
    const auto& messages = reference_.messages;
    demand(outbox_.size() == messages.size(), "the size is exact");
    demand(outbox_.bytes() == reference_.bytes(), "the bytes are exact");
    demand(outbox_.waiting() == reference_.waiting(), "the number of waiting messages is exact");
    demand(outbox_.dropped() == reference_.dropped, "the dropped messages are exact");
    demand(outbox_.next_id() == reference_.next_id, "the next id is exact");
    demand(std::ranges::equal(outbox_.messages(), messages, is_same), "the messages are exact");
    // Ignores messages that may exceed the limits.
    const auto limited = [](const Kept& message) { return message.limits == Limits::apply; };
    std::size_t limited_bytes = 0;
    for (const auto& message : messages)
      limited_bytes += limited(message) ? message.text.size() : 0;
    demand(static_cast<std::size_t>(std::ranges::count_if(messages, limited)) <=
               options_.max_outbox_messages,
           "there are never more messages than allowed");
    demand(limited_bytes <= options_.max_outbox_bytes, "there are never more bytes than allowed");
    const Kept* const expected = reference_.next();
    demand((outbox_.next() != nullptr) == (expected != nullptr),
           "there is a next message where there should be");
    if (expected) demand(is_same(*outbox_.next(), *expected), "the next message is the right one");
  }

 private:
  void open() {
    if (reference_.is_connected) return;
    outbox_.connection_open();
    reference_.connection_open();
    last_here_ = 0;
  }

  void hand_over() {
    if (const KeptMessage* const next = outbox_.next(); next && next->id() != 0) {
      demand(next->id() > last_here_, "no message is sent twice or out of order on one connection");
      last_here_ = next->id();
    }
    outbox_.handed_over();
    reference_.handed_over();
  }

  void acknowledge(std::uint64_t id) {
    demand(outbox_.acknowledge(id) == reference_.acknowledge(id),
           "a confirmation removes the right messages");
  }

  void acknowledge_one(std::uint64_t id) {
    demand(outbox_.acknowledge_one(id) == reference_.acknowledge_one(id),
           "a confirmation of one message removes that one");
  }

  void push(fuzz::Input& input) {
    const auto keep = input.below(4) == 0 ? Keep::no : Keep::yes;
    const auto limits = input.below(4) == 0 ? Limits::none : Limits::apply;
    const auto type = input.flag() ? MessageType::text : MessageType::binary;
    const std::string text = input.text(input.below(24));
    const auto pushed = outbox_.push({type, std::as_bytes(std::span(text))}, keep, limits);
    const auto expected = reference_.push(text, type, keep, limits);
    demand((pushed.delivery == Delivery::kept) == expected.is_kept,
           "a message is kept if it should be");
    demand(pushed.is_refused == expected.is_refused, "a message is refused if it should be");
    demand(pushed.id == expected.id, "a message has the right id");
    same(pushed.dropped, expected.dropped);
  }

  void take_all() {
    auto taken = outbox_.take_all();
    same(taken, reference_.take_all());
    demand(std::ranges::none_of(taken, [](const auto& message) { return message.id() == 0; }),
           "messages with Keep::no stay with their connection");
    taken_.assign(std::move_iterator(taken.begin()), std::move_iterator(taken.end()));
  }

  /// Restores what was taken: all of it, all but the first, or with a different next id.
  void restore_taken(fuzz::Input& input) {
    if (!taken_.empty() && input.below(4) == 0) taken_.erase(taken_.begin());
    restore(taken_, input.below(4) == 0 ? input.below(60) : 0);
  }

  void restore_stored(fuzz::Input& input) {
    std::vector<KeptMessage> stored;
    std::uint64_t id = input.below(8) == 0 ? input.take<std::uint64_t>() : input.below(40);
    for (std::size_t count = input.below(4); count > 0;
         --count, id += input.below(8) == 0 ? 0 : 1 + input.below(3)) {
      const std::string text = input.text(input.below(12));
      const auto type = input.flag() ? MessageType::text : MessageType::binary;
      const auto was_sent = input.flag() ? WasSent::yes : WasSent::no;
      stored.emplace_back(id, Message(type, std::as_bytes(std::span(text))), was_sent);
    }
    restore(stored, input.below(8) == 0 ? input.take<std::uint64_t>() : input.below(60));
  }

  void restore(std::vector<KeptMessage>& messages, std::uint64_t next_id) {
    std::vector<Kept> expected;
    for (const auto& message : messages) {
      expected.push_back({.id = message.id(),
                          .text = std::string(message.text()),
                          .type = message.type(),
                          .limits = Limits::apply,
                          .was_given = message.was_sent()});
    }
    const auto error = outbox_.restore(messages, next_id);
    demand(error == reference_.restore(expected, next_id),
           "messages are restored if they should be");
    if (error) return same(messages, expected);
    messages.clear();  // as SessionOutbox::restore does: they have been moved
    // They may be sent again over this connection.
    if (!expected.empty()) last_here_ = 0;
  }

  static void same(std::span<const KeptMessage> messages, const std::vector<Kept>& expected) {
    demand(std::ranges::equal(messages, expected, is_same),
           "messages that leave the outbox are returned in order");
  }

  OutboxOptions options_;
  Outbox outbox_;
  Reference reference_;
  std::vector<KeptMessage> taken_;
  std::uint64_t last_here_ = 0;  // the last id that this connection was given
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  Both both(
      {.max_outbox_bytes = input.below(64),
       .max_outbox_messages = input.below(8) == 0 ? 0 : input.below(12) + 1,
       .when_outbox_full = static_cast<WhenOutboxFull>(input.below(3)),
       .acknowledgement = input.below(4) == 0 ? Acknowledgement::none : Acknowledgement::by_app});
  both.compare();
  while (!input.is_over()) {
    both.step(input);
    both.compare();
  }
  return 0;
}
