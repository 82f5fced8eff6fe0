// Messages that leave the outbox of one session, are stored, and enter the outbox of another.

#include <catch_amalgamated.hpp>
#include <hawser/session.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hawser/testing/browser.hpp>

using hawser::Acknowledgement;
using hawser::Error;
using hawser::Keep;
using hawser::KeptMessage;
using hawser::Message;
using hawser::Session;
using hawser::SessionOptions;
using hawser::WasSent;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

SessionOptions acknowledged() {
  SessionOptions options;
  options.outbox.acknowledgement = Acknowledgement::by_app;
  return options;
}

struct Begun {
  explicit Begun(SessionOptions options = {}) : session("ws://host/", std::move(options)) {
    session.on_drop([this](const KeptMessage& message) { dropped.emplace_back(message.text()); });
    browser.advance(0ms);
  }

  hawser::SessionOutbox outbox() const { return session.outbox(); }

  Lines sent() const {
    Lines all;
    for (const std::string& call : browser.calls()) {
      if (call.starts_with("send text ")) all.push_back(call.substr(10));
    }
    return all;
  }

  hawser::testing::Browser browser;
  Session session;
  Lines dropped;
};

KeptMessage kept(std::uint64_t id, std::string_view text, WasSent was_sent = WasSent::no) {
  return {id, Message::text(text), was_sent};
}

template <typename... Kept>
std::vector<KeptMessage> list(Kept... messages) {
  std::vector<KeptMessage> all;
  (all.push_back(std::move(messages)), ...);
  return all;
}

/// Such as "1 one", or "1 one sent" if it was sent.
Lines lines(const auto& messages) {
  Lines all;
  for (const KeptMessage& message : messages) {
    all.push_back(std::to_string(message.id()) + ' ' + std::string(message.text()) +
                  (message.was_sent() ? " sent" : ""));
  }
  return all;
}

}  // namespace

TEST_CASE("take_all returns all messages in order, and drops none") {
  Begun begun;
  CHECK(begun.session.send("one"));
  CHECK(begun.session.send(std::string_view()));
  CHECK(lines(begun.outbox().take_all()) == Lines{"1 one", "2 "});
  CHECK(begun.outbox().size() == 0);
  CHECK(begun.outbox().bytes() == 0);
  CHECK(begun.outbox().next_id() == 3);
  CHECK(begun.outbox().take_all().empty());
  begun.browser.peer().accept();
  begun.browser.advance(0ms);
  CHECK(begun.sent() == Lines());
  CHECK(begun.dropped == Lines());
  CHECK(begun.session.counters().outbox_dropped == 0);
}

TEST_CASE("a message that may have arrived can be recognised when it is taken") {
  Begun begun(acknowledged());
  CHECK(begun.session.send("one"));
  begun.browser.peer().accept();
  CHECK(begun.session.send("two"));
  begun.browser.peer().cut();
  CHECK(begun.session.send("three"));
  CHECK(lines(begun.outbox().messages()) == Lines{"1 one sent", "2 two sent", "3 three"});
  CHECK(lines(begun.outbox().take_all()) == Lines{"1 one sent", "2 two sent", "3 three"});
  CHECK(begun.outbox().acknowledge(2) == 0);
}

TEST_CASE("messages() shows the outbox and does not change it") {
  Begun begun;
  CHECK(begun.session.send("one"));
  CHECK(lines(begun.outbox().messages()) == Lines{"1 one"});
  begun.browser.peer().accept();
  CHECK(begun.sent() == Lines{"one"});
  CHECK(begun.outbox().messages().empty());
}

TEST_CASE("a message with Keep::no stays with its connection when the others are taken") {
  SessionOptions options;
  options.gate = hawser::Gate::closed;
  Begun begun(options);
  begun.browser.peer().accept();
  CHECK(begun.session.send("kept"));
  CHECK(begun.session.send("now or never", Keep::no));
  CHECK(lines(begun.outbox().messages()) == Lines{"1 kept", "0 now or never"});
  CHECK(lines(begun.outbox().take_all()) == Lines{"1 kept"});
  CHECK(begun.outbox().bytes() == std::string_view("now or never").size());
  CHECK(begun.session.ready());
  CHECK(begun.sent() == Lines{"now or never"});
}

TEST_CASE(
    "restored messages keep their ids, go before newer ones, and later ids continue after them") {
  Begun begun(acknowledged());
  auto messages = list(kept(3, "three", WasSent::yes), kept(5, "five"));
  CHECK(begun.outbox().restore(std::move(messages)));
  CHECK(messages.empty());
  CHECK(begun.outbox().size() == 2);
  CHECK(begun.outbox().bytes() == 9);
  CHECK(begun.session.send("six")->id == 6);
  begun.browser.peer().accept();
  CHECK(begun.sent() == Lines{"three", "five", "six"});
  CHECK(begun.outbox().acknowledge(5) == 2);
  CHECK(lines(begun.outbox().messages()) == Lines{"6 six sent"});
}

TEST_CASE(
    "messages that were sent can be acknowledged after they are restored, before they are sent "
    "again") {
  Begun begun(acknowledged());
  CHECK(
      begun.outbox().restore(list(kept(1, "one"), kept(2, "two", WasSent::yes), kept(3, "three"))));
  CHECK(begun.outbox().acknowledge(3) == 0);
  CHECK(begun.outbox().acknowledge(2) == 2);
  begun.browser.peer().accept();
  CHECK(begun.sent() == Lines{"three"});
}

TEST_CASE("restored messages are sent at once on an open connection") {
  Begun begun;
  begun.browser.peer().accept();
  CHECK(begun.outbox().restore(list(kept(7, "seven"), kept(8, "eight"))));
  CHECK(begun.sent() == Lines{"seven", "eight"});
  CHECK(begun.outbox().size() == 0);
  CHECK(begun.outbox().next_id() == 9);
  CHECK(begun.session.counters().messages_sent == 2);
}

TEST_CASE("restored messages wait for the gate") {
  SessionOptions options;
  options.gate = hawser::Gate::closed;
  Begun begun(options);
  begun.browser.peer().accept();
  CHECK(begun.outbox().restore(list(kept(1, "one"))));
  CHECK(begun.sent() == Lines());
  CHECK(begun.session.ready());
  CHECK(begun.sent() == Lines{"one"});
}

TEST_CASE("restored messages go in front of waiting ones, if their ids are less") {
  Begun begun;
  CHECK(begun.outbox().restore({}, 10));
  CHECK(begun.session.send("ten")->id == 10);
  CHECK(begun.outbox().restore(list(kept(8, "eight"), kept(9, "nine"))));
  begun.browser.peer().accept();
  CHECK(begun.sent() == Lines{"eight", "nine", "ten"});
}

TEST_CASE("ids of acknowledged messages are not used again after a reload that passes next_id") {
  Begun begun(acknowledged());
  CHECK(begun.outbox().restore({}, 42));
  CHECK(begun.outbox().next_id() == 42);
  CHECK(begun.outbox().restore({}, 7));
  CHECK(begun.outbox().next_id() == 42);
}

TEST_CASE("taken messages can go back into the same session") {
  Begun begun(acknowledged());
  CHECK(begun.session.send("one"));
  begun.browser.peer().accept();
  CHECK(begun.session.send("two"));
  begun.browser.peer().cut();
  CHECK(begun.outbox().restore(begun.outbox().take_all()));
  CHECK(lines(begun.outbox().messages()) == Lines{"1 one sent", "2 two sent"});
  CHECK(begun.outbox().acknowledge(1) == 1);
}

TEST_CASE("a refused restore changes nothing, and leaves the messages to the caller") {
  constexpr auto too_large = std::uint64_t{1} << 51;
  SessionOptions options = acknowledged();
  options.outbox = {.max_outbox_bytes = 12,
                    .max_outbox_messages = 3,
                    .when_outbox_full = hawser::WhenOutboxFull::drop_oldest,
                    .acknowledgement = Acknowledgement::by_app};
  Begun begun(options);
  CHECK(begun.outbox().restore({}, 5));
  CHECK(begun.session.send("here"));  // with the id 5
  const auto refusal = [&](std::vector<KeptMessage> messages) {
    const auto before = messages.size();
    const auto restored = begun.outbox().restore(std::move(messages), 100);
    CHECK(messages.size() == before);
    CHECK(lines(begun.outbox().messages()) == Lines{"5 here"});
    CHECK(begun.outbox().next_id() == 6);
    return restored ? Error() : restored.error();
  };
  CHECK(refusal(list(kept(0, "zero"))) == Error::id_conflict);
  CHECK(refusal(list(kept(2, "2"), kept(1, "1"))) == Error::id_conflict);
  CHECK(refusal(list(kept(2, "2"), kept(2, "2"))) == Error::id_conflict);
  CHECK(refusal(list(kept(5, "5"))) == Error::id_conflict);
  CHECK(refusal(list(kept(9, "9"))) == Error::id_conflict);
  CHECK(refusal(list(kept(too_large, "x"))) == Error::id_conflict);
  CHECK(refusal(list(kept(1, "\xff"))) == Error::invalid_utf8);
  CHECK(refusal(list(kept(1, "nine byte"))) == Error::outbox_full);
  CHECK(refusal(list(kept(1, ""), kept(2, ""), kept(3, ""))) == Error::outbox_full);
  CHECK(begun.outbox().restore({}, too_large).error() == Error::id_conflict);
  CHECK(begun.session.counters().outbox_dropped == 0);
  CHECK(begun.outbox().restore(list(kept(1, "8 bytes."), kept(2, ""))));
}

TEST_CASE("nothing goes in front of a message that was sent") {
  Begun begun(acknowledged());
  CHECK(begun.outbox().restore({}, 5));
  begun.browser.peer().accept();
  CHECK(begun.session.send("five"));
  CHECK(begun.outbox().restore(list(kept(1, "one"))).error() == Error::id_conflict);
  CHECK(begun.outbox().acknowledge(5) == 1);
  CHECK(begun.outbox().restore(list(kept(1, "one"))));
  CHECK(begun.sent() == Lines{"five", "one"});
}

TEST_CASE("a stopped session hands over its messages, and accepts none") {
  Begun begun;
  CHECK(begun.session.send("one"));
  begun.browser.peer().raise_close(1008);
  begun.browser.advance(0ms);
  REQUIRE(begun.session.status().state == hawser::SessionState::stopped);
  CHECK(begun.outbox().restore(list(kept(9, "nine"))).error() == Error::already_closed);
  auto messages = begun.outbox().take_all();
  CHECK(lines(messages) == Lines{"1 one"});
  Session next("ws://other/");
  CHECK(next.outbox().restore(std::move(messages)));
  begun.browser.advance(0ms);
  begun.browser.peer().accept();
  CHECK(begun.sent() == Lines{"one"});
}

TEST_CASE("close does not drop messages that were taken before it") {
  Begun begun;
  CHECK(begun.session.send("one"));
  const auto messages = begun.outbox().take_all();
  CHECK(begun.session.close());
  CHECK(begun.outbox().restore(list(kept(9, "nine"))).error() == Error::already_closed);
  begun.browser.advance(0ms);
  CHECK(begun.dropped == Lines());
  CHECK(lines(messages) == Lines{"1 one"});
}

TEST_CASE("an outbox without a session has nothing to hand over") {
  Session session;
  CHECK(session.outbox().messages().empty());
  CHECK(session.outbox().take_all().empty());
  CHECK(session.outbox().restore({}).error() == Error::no_connection);
}

TEST_CASE("a stored binary message is sent as binary") {
  Begun begun;
  const std::byte bytes[] = {std::byte{0}, std::byte{255}};
  CHECK(begun.outbox().restore(list(KeptMessage(1, Message::binary(bytes)))));
  begun.browser.peer().accept();
  CHECK(begun.browser.calls().back() == "send binary 00ff");
}
