#include <catch_amalgamated.hpp>
#include <hawser/outbox.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../wasm/src/session/outbox.hpp"
#include "allocations.hpp"

using hawser::Acknowledgement;
using hawser::Delivery;
using hawser::Keep;
using hawser::KeptMessage;
using hawser::Message;
using hawser::MessageType;
using hawser::OutboxOptions;
using hawser::WhenOutboxFull;
using hawser::detail::Outbox;

namespace {

Message text(std::string_view characters) {
  return {MessageType::text, std::as_bytes(std::span(characters))};
}

std::string text_of(const Message& message) { return std::string(message.text()); }

std::vector<std::string> texts(std::span<const KeptMessage> messages) {
  std::vector<std::string> all;
  for (const Message message : messages) all.push_back(text_of(message));
  return all;
}

/// Hands over all messages that can be sent now.
std::vector<std::string> drain(Outbox& outbox) {
  std::vector<std::string> all;
  for (; outbox.next(); outbox.handed_over()) all.push_back(text_of(*outbox.next()));
  return all;
}

using Texts = std::vector<std::string>;

}  // namespace

// Order, and no repetition

TEST_CASE("an outbox hands out messages in order, once there is a connection") {
  Outbox outbox;
  CHECK(outbox.push(text("one")).delivery == Delivery::kept);
  CHECK(outbox.push(text("two")).delivery == Delivery::kept);
  CHECK(outbox.next() == nullptr);
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"one", "two"});
  CHECK(outbox.size() == 0);
}

TEST_CASE("an outbox keeps the type and data of a message, even of an empty one") {
  Outbox outbox;
  const std::byte bytes[] = {std::byte{0}, std::byte{255}};
  outbox.push({MessageType::binary, bytes});
  outbox.push(text(""));
  outbox.connection_open();
  CHECK(outbox.next()->type() == MessageType::binary);
  CHECK(std::ranges::equal(outbox.next()->bytes(), bytes));
  outbox.handed_over();
  CHECK(outbox.next()->type() == MessageType::text);
  CHECK(outbox.next()->bytes().empty());
}

TEST_CASE("without acknowledgement a message that was handed over is not handed out again") {
  Outbox outbox;
  outbox.push(text("one"));
  outbox.push(text("two"));
  outbox.connection_open();
  outbox.handed_over();
  outbox.connection_lost();
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"two"});
}

TEST_CASE("a message that was not handed over is handed out to the next connection") {
  Outbox outbox;
  outbox.push(text("one"));
  outbox.connection_open();
  CHECK(outbox.next() != nullptr);
  outbox.connection_lost();
  CHECK(outbox.next() == nullptr);
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"one"});
}

TEST_CASE("handing over from an empty outbox does nothing") {
  Outbox outbox;
  outbox.push(text("one"));
  outbox.handed_over();
  CHECK(outbox.size() == 1);
  outbox.connection_open();
  outbox.handed_over();
  outbox.handed_over();
  CHECK(outbox.size() == 0);
}

TEST_CASE("kept messages are numbered from 1, and messages that are not kept use no number") {
  Outbox outbox({.max_outbox_bytes = 3});
  CHECK(outbox.next_id() == 1);
  CHECK(outbox.push(text("one")).id == 1);
  CHECK(outbox.push(text("two")).id == 0);
  CHECK(outbox.next_id() == 2);
  outbox.connection_open();
  drain(outbox);
  CHECK(outbox.push(text("six")).id == 2);
}

TEST_CASE("an outbox counts messages and bytes") {
  Outbox outbox;
  outbox.push(text("four"));
  outbox.push(text("sixsix"));
  CHECK(outbox.size() == 2);
  CHECK(outbox.waiting() == 2);
  CHECK(outbox.bytes() == 10);
  outbox.connection_open();
  outbox.handed_over();
  CHECK(outbox.size() == 1);
  CHECK(outbox.bytes() == 6);
}

TEST_CASE("clearing an outbox drops all messages") {
  Outbox outbox({.acknowledgement = Acknowledgement::by_app});
  outbox.push(text("one"));
  outbox.push(text("two"));
  outbox.connection_open();
  outbox.handed_over();
  CHECK(texts(outbox.clear()) == Texts{"one", "two"});
  CHECK(outbox.size() == 0);
  CHECK(outbox.bytes() == 0);
  CHECK(outbox.dropped() == 2);
  CHECK(outbox.next() == nullptr);
  CHECK(outbox.push(text("three")).id == 3);
  CHECK(drain(outbox) == Texts{"three"});
}

TEST_CASE("an outbox allocates only for the message itself, however many have gone through it") {
  Outbox outbox;
  outbox.connection_open();
  const auto pass_one = [&] {
    outbox.push(text("one"));
    outbox.handed_over();
  };
  outbox.push(text("always one ahead"));
  for (int i = 0; i < 1000; ++i) pass_one();
  const std::size_t before = allocations();
  for (int i = 0; i < 1000; ++i) pass_one();
  CHECK(allocations() - before == 1000);
}

// Bounds

TEST_CASE("a full outbox refuses") {
  const OutboxOptions options =
      GENERATE(OutboxOptions{.max_outbox_bytes = 6}, OutboxOptions{.max_outbox_messages = 2});
  Outbox outbox(options);
  outbox.push(text("one"));
  outbox.push(text("two"));
  const Outbox::Pushed pushed = outbox.push(text("six"));
  CHECK(pushed.delivery == Delivery::dropped);
  CHECK(pushed.is_refused);
  CHECK(outbox.dropped() == 1);
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"one", "two"});
}

TEST_CASE("a full outbox drops the newest message if that is its policy") {
  Outbox outbox({.max_outbox_messages = 1, .when_outbox_full = WhenOutboxFull::drop_newest});
  outbox.push(text("one"));
  const Outbox::Pushed pushed = outbox.push(text("two"));
  CHECK(pushed.delivery == Delivery::dropped);
  CHECK_FALSE(pushed.is_refused);
  CHECK(outbox.dropped() == 1);
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"one"});
}

TEST_CASE("a full outbox drops as many of the oldest as necessary, and reports them") {
  Outbox outbox({.max_outbox_bytes = 9, .when_outbox_full = WhenOutboxFull::drop_oldest});
  for (const auto* const word : {"one", "two", "six"}) outbox.push(text(word));
  const Outbox::Pushed pushed = outbox.push(text("four"));
  CHECK(pushed.delivery == Delivery::kept);
  CHECK(pushed.id == 4);
  CHECK(texts(pushed.dropped) == Texts{"one", "two"});
  CHECK(pushed.dropped[1].id() == 2);
  CHECK(outbox.dropped() == 2);
  CHECK(outbox.bytes() == 7);
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"six", "four"});
}

TEST_CASE("a message that can never fit displaces nothing") {
  const auto when_outbox_full =
      GENERATE(WhenOutboxFull::refuse, WhenOutboxFull::drop_oldest, WhenOutboxFull::drop_newest);
  Outbox outbox({.max_outbox_bytes = 5, .when_outbox_full = when_outbox_full});
  outbox.push(text("one"));
  const Outbox::Pushed pushed = outbox.push(text("longer"));
  CHECK(pushed.delivery == Delivery::dropped);
  CHECK(pushed.is_refused == (when_outbox_full != WhenOutboxFull::drop_newest));
  CHECK(outbox.size() == 1);
}

TEST_CASE("an outbox for no messages keeps none") {
  const auto when_outbox_full =
      GENERATE(WhenOutboxFull::refuse, WhenOutboxFull::drop_oldest, WhenOutboxFull::drop_newest);
  Outbox outbox({.max_outbox_messages = 0, .when_outbox_full = when_outbox_full});
  CHECK(outbox.push(text("")).delivery == Delivery::dropped);
}

TEST_CASE("an outbox for no bytes keeps empty messages") {
  Outbox outbox({.max_outbox_bytes = 0});
  CHECK(outbox.push(text("")).delivery == Delivery::kept);
  CHECK(outbox.push(text("1")).is_refused);
}

TEST_CASE("a message that does not fit into memory is refused, and displaces nothing") {
  Outbox outbox({.max_outbox_bytes = 1 << 16, .when_outbox_full = WhenOutboxFull::drop_oldest});
  const std::string large(1 << 16, 'x');
  outbox.push(text("one"));
  {
    const MemoryShortage shortage(1 << 16);
    CHECK(outbox.push(text(large)).is_refused);
  }
  CHECK(outbox.size() == 1);
  CHECK(outbox.bytes() == 3);
  CHECK(texts(outbox.push(text(large)).dropped) == Texts{"one"});
}

TEST_CASE("a message of the outbox may be pushed again, even if that drops the original") {
  Outbox outbox({.max_outbox_messages = 1, .when_outbox_full = WhenOutboxFull::drop_oldest});
  outbox.push(text("one"));
  outbox.connection_open();
  outbox.push(*outbox.next());
  CHECK(drain(outbox) == Texts{"one"});
}

// Keep::no

TEST_CASE("a message with Keep::no is dropped while there is no connection") {
  Outbox outbox;
  const Outbox::Pushed pushed = outbox.push(text("now"), Keep::no);
  CHECK(pushed.delivery == Delivery::dropped);
  CHECK_FALSE(pushed.is_refused);
  CHECK(outbox.dropped() == 1);
}

TEST_CASE("a message with Keep::no waits for its turn on this connection only") {
  Outbox outbox;
  outbox.connection_open();
  outbox.push(text("one"));
  CHECK(outbox.push(text("now"), Keep::no).delivery == Delivery::kept);
  outbox.push(text("two"));
  outbox.push(text("never"), Keep::no);
  outbox.handed_over();
  CHECK(texts(outbox.connection_lost()) == Texts{"now", "never"});
  CHECK(outbox.bytes() == 3);
  CHECK(outbox.dropped() == 2);
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"two"});
}

TEST_CASE("a message with Keep::no has no number, and needs no acknowledgement") {
  Outbox outbox({.acknowledgement = Acknowledgement::by_app});
  outbox.connection_open();
  outbox.push(text("one"));
  CHECK(outbox.push(text("now"), Keep::no).id == 0);
  CHECK(outbox.push(text("two")).id == 2);
  CHECK(drain(outbox) == Texts{"one", "now", "two"});
  CHECK(outbox.size() == 2);
  CHECK(outbox.connection_lost().empty());
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"one", "two"});
}

TEST_CASE("a message with Keep::no displaces no kept message") {
  Outbox outbox({.max_outbox_messages = 1, .when_outbox_full = WhenOutboxFull::drop_oldest});
  outbox.connection_open();
  outbox.push(text("one"));
  CHECK(outbox.push(text("now"), Keep::no).delivery == Delivery::dropped);
  CHECK(drain(outbox) == Texts{"one"});
}

// Acknowledgement

TEST_CASE(
    "with acknowledgement, unconfirmed messages are handed out again, in order and before newer "
    "ones") {
  Outbox outbox({.acknowledgement = Acknowledgement::by_app});
  for (const auto* const word : {"one", "two", "three"}) outbox.push(text(word));
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"one", "two", "three"});
  CHECK(outbox.size() == 3);
  CHECK(outbox.waiting() == 0);
  CHECK(outbox.acknowledge(1) == 1);
  outbox.connection_lost();
  outbox.push(text("four"));
  outbox.connection_open();
  CHECK(outbox.waiting() == 3);
  CHECK(drain(outbox) == Texts{"two", "three", "four"});
}

TEST_CASE("a confirmation covers all messages up to its own") {
  Outbox outbox({.acknowledgement = Acknowledgement::by_app});
  for (const auto* const word : {"one", "two", "three"}) outbox.push(text(word));
  outbox.connection_open();
  drain(outbox);
  CHECK(outbox.acknowledge(2) == 2);
  CHECK(outbox.size() == 1);
  CHECK(outbox.bytes() == 5);
  CHECK(outbox.acknowledge(2) == 0);
  CHECK(outbox.acknowledge(3) == 1);
}

TEST_CASE("a confirmation of one message leaves those before it") {
  Outbox outbox({.acknowledgement = Acknowledgement::by_app});
  for (const auto* const word : {"one", "two", "three"}) outbox.push(text(word));
  outbox.connection_open();
  drain(outbox);
  CHECK(outbox.acknowledge_one(2) == 1);
  CHECK(outbox.acknowledge_one(2) == 0);
  outbox.connection_lost();
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"one", "three"});
  CHECK(outbox.acknowledge(3) == 2);
}

TEST_CASE("a confirmation of a message that was never handed over confirms nothing") {
  Outbox outbox({.acknowledgement = Acknowledgement::by_app});
  for (const auto* const word : {"one", "two", "three"}) outbox.push(text(word));
  CHECK(outbox.acknowledge(3) == 0);
  outbox.connection_open();
  outbox.handed_over();
  const std::uint64_t id = GENERATE(0u, 2u, 3u, 4u, 1000u, UINT64_MAX);
  CHECK(outbox.acknowledge(id) == 0);
  CHECK(outbox.acknowledge_one(id) == 0);
  CHECK(outbox.size() == 3);
}

TEST_CASE("a confirmation counts even before the message was sent again") {
  Outbox outbox({.acknowledgement = Acknowledgement::by_app});
  for (const auto* const word : {"one", "two", "three"}) outbox.push(text(word));
  outbox.connection_open();
  outbox.handed_over();
  outbox.handed_over();
  outbox.connection_lost();
  CHECK(outbox.acknowledge_one(1) == 1);
  outbox.connection_open();
  CHECK(outbox.acknowledge(2) == 1);
  CHECK(drain(outbox) == Texts{"three"});
}

TEST_CASE("with acknowledgement, messages in flight count for the bounds") {
  Outbox outbox({.max_outbox_messages = 2, .acknowledgement = Acknowledgement::by_app});
  outbox.connection_open();
  outbox.push(text("one"));
  outbox.push(text("two"));
  drain(outbox);
  CHECK(outbox.push(text("three")).is_refused);
  outbox.acknowledge(1);
  CHECK(outbox.push(text("three")).delivery == Delivery::kept);
}

TEST_CASE(
    "with acknowledgement, the oldest message may be in flight, and is not sent again once "
    "dropped") {
  Outbox outbox({.max_outbox_messages = 2,
                 .when_outbox_full = WhenOutboxFull::drop_oldest,
                 .acknowledgement = Acknowledgement::by_app});
  outbox.connection_open();
  outbox.push(text("one"));
  outbox.push(text("two"));
  drain(outbox);
  CHECK(texts(outbox.push(text("three")).dropped) == Texts{"one"});
  CHECK(outbox.acknowledge_one(1) == 0);
  outbox.connection_lost();
  outbox.connection_open();
  CHECK(drain(outbox) == Texts{"two", "three"});
}

TEST_CASE("a confirmation of a dropped message confirms only those before it") {
  Outbox outbox({.max_outbox_messages = 2,
                 .when_outbox_full = WhenOutboxFull::drop_oldest,
                 .acknowledgement = Acknowledgement::by_app});
  outbox.connection_open();
  outbox.push(text("one"));
  outbox.push(text("two"));
  drain(outbox);
  outbox.push(text("three"));
  outbox.push(text("four"));
  CHECK(outbox.acknowledge(2) == 0);
  CHECK(drain(outbox) == Texts{"three", "four"});
}

TEST_CASE("without acknowledgement a confirmation does nothing") {
  Outbox outbox;
  outbox.push(text("one"));
  outbox.push(text("two"));
  outbox.connection_open();
  outbox.handed_over();
  CHECK(outbox.acknowledge(1) == 0);
  CHECK(outbox.acknowledge(2) == 0);
  CHECK(outbox.acknowledge_one(2) == 0);
  CHECK(outbox.size() == 1);
}

// Random order

namespace {

/// An outbox written without any regard for speed.
class Model {
 public:
  struct One {
    std::uint64_t id;
    std::string data;
    bool is_given = false;
    bool was_given = false;
  };

  explicit Model(const OutboxOptions& options) : options_(options) {}

  Outbox::Pushed push(const std::string& data, Keep keep, std::vector<std::string>& gone) {
    const auto has_room = [&] {
      return all.size() + 1 <= options_.max_outbox_messages &&
             bytes() + data.size() <= options_.max_outbox_bytes;
    };
    const bool is_hopeless =
        data.size() > options_.max_outbox_bytes || options_.max_outbox_messages == 0;
    const bool displaces =
        options_.when_outbox_full == WhenOutboxFull::drop_oldest && keep == Keep::yes;
    if ((keep == Keep::no && !connected) || is_hopeless || (!has_room() && !displaces)) {
      ++dropped;
      return {.is_refused =
                  keep == Keep::yes && options_.when_outbox_full != WhenOutboxFull::drop_newest};
    }
    while (!has_room()) {
      gone.push_back(all.front().data);
      all.pop_front();
      ++dropped;
    }
    const std::uint64_t id = keep == Keep::yes ? next_id++ : 0;
    all.push_back({id, data});
    return {.delivery = Delivery::kept, .id = id};
  }

  One* next() {
    if (!connected) return nullptr;
    const auto found = std::ranges::find(all, false, &One::is_given);
    return found == all.end() ? nullptr : &*found;
  }

  void handed_over() {
    One* const one = next();
    if (!one) return;
    one->is_given = one->was_given = true;
    if (one->id != 0) given.insert(one->id);
    if (one->id == 0 || options_.acknowledgement == Acknowledgement::none) {
      std::erase_if(all, [&](const One& other) { return &other == one; });
    }
  }

  std::vector<std::string> connection_lost() {
    connected = false;
    std::vector<std::string> lost;
    for (One& one : all) {
      one.is_given = false;
      if (one.id == 0) lost.push_back(one.data);
    }
    std::erase_if(all, [](const One& one) { return one.id == 0; });
    dropped += lost.size();
    return lost;
  }

  void open() { connected = true; }

  std::size_t acknowledge(std::uint64_t id) {
    if (options_.acknowledgement == Acknowledgement::none || !given.contains(id)) return 0;
    return std::erase_if(all, [&](const One& one) { return one.was_given && one.id <= id; });
  }

  std::size_t acknowledge_one(std::uint64_t id) {
    if (id == 0) return 0;
    return std::erase_if(all, [&](const One& one) { return one.was_given && one.id == id; });
  }

  std::vector<std::string> clear() {
    std::vector<std::string> cleared;
    for (const One& one : all) cleared.push_back(one.data);
    dropped += all.size();
    all.clear();
    return cleared;
  }

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const One& one : all) sum += one.data.size();
    return sum;
  }

  std::size_t waiting() const {
    return static_cast<std::size_t>(std::ranges::count(all, false, &One::is_given));
  }

  std::deque<One> all;
  std::set<std::uint64_t> given;
  std::uint64_t next_id = 1;
  std::uint64_t dropped = 0;
  bool connected = false;

 private:
  OutboxOptions options_;
};

}  // namespace

TEST_CASE("in any order of calls, an outbox does what the simplest one would do", "[long]") {
  const auto seed = GENERATE(range(1u, 61u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  const OutboxOptions options{
      .max_outbox_bytes = below(4) == 0 ? below(20) : 40 + below(400),
      .max_outbox_messages = below(8) == 0 ? below(3) : 5 + below(60),
      .when_outbox_full = static_cast<WhenOutboxFull>(below(3)),
      .acknowledgement = static_cast<Acknowledgement>(below(4) != 0),
  };
  Outbox outbox(options);
  Model model(options);

  for (int step = 0; step < 4000; ++step) {
    CAPTURE(step);
    switch (below(20)) {
      case 0:
        outbox.connection_open();
        if (!model.connected)
          model.open();
        else
          for (auto& one : model.all) one.is_given = false;  // a second opening is a new connection
        break;
      case 1:
        if (texts(outbox.connection_lost()) != model.connection_lost())
          FAIL("the lost messages differ");
        break;
      case 2:
      case 3: {
        const std::uint64_t id =
            below(2) ? below(static_cast<std::uint32_t>(model.next_id) + 3)
                     : (model.all.empty()
                            ? 0
                            : model.all[below(static_cast<std::uint32_t>(model.all.size()))].id);
        const bool is_one = below(3) == 0;
        const std::size_t confirmed = is_one ? outbox.acknowledge_one(id) : outbox.acknowledge(id);
        if (confirmed != (is_one ? model.acknowledge_one(id) : model.acknowledge(id)))
          FAIL("the confirmed messages differ");
        break;
      }
      case 4:
        if (below(20) == 0 && texts(outbox.clear()) != model.clear())
          FAIL("the cleared messages differ");
        break;
      default: {
        if (below(2)) {
          outbox.handed_over();
          model.handed_over();
          break;
        }
        const std::string data(below(below(4) ? 12 : 60), static_cast<char>('a' + below(26)));
        const Keep keep = static_cast<Keep>(below(5) != 0);
        std::vector<std::string> gone;
        const Outbox::Pushed expected = model.push(data, keep, gone);
        const Outbox::Pushed pushed = outbox.push(text(data), keep);
        if (pushed.delivery != expected.delivery || pushed.is_refused != expected.is_refused ||
            pushed.id != expected.id || texts(pushed.dropped) != gone) {
          FAIL("the result of push differs");
        }
      }
    }
    const KeptMessage* const next = outbox.next();
    const Model::One* const expected = model.next();
    if (!next != !expected) FAIL("the next message differs");
    if (next && (next->id() != expected->id || text_of(*next) != expected->data))
      FAIL("the next message differs");
    if (outbox.size() != model.all.size() || outbox.bytes() != model.bytes() ||
        outbox.waiting() != model.waiting() || outbox.dropped() != model.dropped ||
        outbox.next_id() != model.next_id) {
      FAIL("a count differs");
    }
    if (outbox.bytes() > options.max_outbox_bytes || outbox.size() > options.max_outbox_messages)
      FAIL("a bound is exceeded");
  }
}

TEST_CASE(
    "with acknowledgement, every message arrives in order and at least once, whatever the network "
    "does") {
  const auto seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  Outbox outbox({.max_outbox_messages = 50, .acknowledgement = Acknowledgement::by_app});
  std::uint64_t received =
      0;  // the peer has everything up to this one, and treats only the one after it as new
  std::uint64_t sent = 0;
  std::deque<std::uint64_t> on_the_way;
  for (int step = 0; step < 20'000 || received < sent; ++step) {
    switch (random() % 8) {
      case 0:
      case 1:
        if (sent < 1000 && outbox.push(text("x")).delivery == Delivery::kept) ++sent;
        break;
      case 2:
      case 3:
        if (outbox.next()) on_the_way.push_back(outbox.next()->id());
        outbox.handed_over();
        break;
      case 4:
      case 5:
        if (on_the_way.empty()) break;
        if (on_the_way.front() > received + 1)
          FAIL(on_the_way.front() << " came after " << received);
        received = std::max(received, on_the_way.front());
        on_the_way.pop_front();
        break;
      case 6: outbox.acknowledge(received); break;
      default:
        if (random() % 8) break;
        outbox.connection_lost();
        on_the_way.clear();
        outbox.connection_open();
    }
  }
  CHECK(received == sent);
  outbox.acknowledge(received);
  CHECK(outbox.size() == 0);
}
