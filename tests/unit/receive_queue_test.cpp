// A receive queue without a socket: which messages it keeps, refuses and drops, and what its
// readers get.

#include <catch_amalgamated.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "../../wasm/src/connection/receive_queue.hpp"
#include "../../wasm/src/connection/scheduler.hpp"
#include "connected.hpp"

using hawser::CloseEvent;
using hawser::Error;
using hawser::Message;
using hawser::WhenInboxFull;
using hawser::detail::InboxLimits;
using hawser::detail::ReceiveQueue;

namespace {

constexpr InboxLimits roomy{.max_bytes = 1000,
                            .max_messages = 1000,
                            .when_full = WhenInboxFull::close,
                            .may_refuse_unread = true};

constexpr InboxLimits one_message{.max_bytes = 1000,
                                  .max_messages = 1,
                                  .when_full = WhenInboxFull::close,
                                  .may_refuse_unread = true};

struct Box {
  explicit Box(InboxLimits options = roomy) { receive_queue.emplace(options); }

  std::optional<Error> receives(std::string_view text) {
    const auto refusal = receive_queue->received(Message::text(text));
    hawser::detail::resume_ready();
    return refusal;
  }

  void ends(const CloseEvent& end) {
    receive_queue->close(end);
    hawser::detail::resume_ready();
  }

  auto receive() {
    return Awaited([this] { return hawser::Receive(&*receive_queue); });
  }

  std::string next() { return to_line(hawser::detail::try_receive(&*receive_queue)); }

  hawser::testing::Browser browser;
  std::optional<ReceiveQueue> receive_queue;
};

}  // namespace

TEST_CASE("a receive queue keeps messages in order, and then says how the connection ended") {
  Box box;
  CHECK_FALSE(box.receives("one"));
  CHECK_FALSE(box.receives("four"));
  CHECK(box.receive_queue->size() == 2);
  CHECK(box.receive_queue->bytes() == 7);
  box.ends({.code = 1000});
  CHECK(box.next() == "text one");
  CHECK(box.next() == "text four");
  CHECK(box.next() == error_line(Error::closed));
  CHECK(box.receive_queue->bytes() == 0);
}

TEST_CASE(
    "a receive queue passes a message to the receiver that has waited longest, and keeps no copy") {
  Box box;
  const auto first = box.receive();
  const auto second = box.receive();
  CHECK_FALSE(box.receives("one"));
  CHECK(first.line() == "text one");
  CHECK(second.line() == "waiting");
  CHECK(box.receive_queue->empty());
}

TEST_CASE("a receiver that a message resumes may destroy the receive queue") {
  Box box;
  auto first = box.receive();
  first.then = [&] { box.receive_queue.reset(); };
  const auto second = box.receive();
  CHECK_FALSE(box.receives("one"));
  CHECK(first.line() == "text one");
  CHECK(second.line() == error_line(Error::destroyed));
}

TEST_CASE("a full receive queue refuses a message, and keeps those it has") {
  Box box(one_message);
  CHECK_FALSE(box.receives("one"));
  CHECK(box.receives("two") == Error::inbox_overflow);
  CHECK(box.receive_queue->dropped() == 0);
  CHECK(box.next() == "text one");
  CHECK_FALSE(
      box.receives("three"));  // a refusal changes nothing: the owner decides whether to continue
  CHECK(box.next() == "text three");
}

TEST_CASE(
    "a full receive queue that may not refuse before the first receive drops the oldest until "
    "then") {
  auto options = one_message;
  options.may_refuse_unread = false;
  Box box(options);
  for (const auto* const text : {"one", "two", "three"}) CHECK_FALSE(box.receives(text));
  CHECK(box.receive_queue->dropped() == 2);
  CHECK(box.next() == "text three");
  CHECK_FALSE(box.receives("four"));
  CHECK(box.receives("five") == Error::inbox_overflow);
  CHECK(box.receive_queue->dropped() == 2);
}

TEST_CASE("a receive queue that is reset keeps its messages, and receivers can wait again") {
  Box box;
  CHECK_FALSE(box.receives("of the first connection"));
  box.ends({.code = 1000});
  box.receive_queue->reset();
  CHECK(box.next() == "text of the first connection");
  const auto received = box.receive();
  CHECK(received.line() == "waiting");
  CHECK_FALSE(box.receives("of the second"));
  CHECK(received.line() == "text of the second");
}

TEST_CASE("an end with an error reaches every receiver that waits") {
  Box box;
  const auto first = box.receive();
  const auto second = box.receive();
  box.ends({.code = 1006, .error = Error::connection_lost});
  CHECK(first.line() == error_line(Error::connection_lost));
  CHECK(second.line() == error_line(Error::connection_lost));
  CHECK(box.receive_queue->end()->code == 1006);
}
