#pragma once

#include <cstddef>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hawser/handler.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/payload.hpp>
#include <hawser/testing/failure.hpp>

namespace hawser::testing {

class Browser;

/// What a peer answers to a handshake.
struct Handshake {
  /// The subprotocol that it selects: the first one that the application offers, unless a value is
  /// set, and `""` for none.
  std::optional<std::string> protocol = std::nullopt;

  /// The extensions that it selects, as the header names them. Empty for none.
  std::string extensions = {};
};

/// The Close frame that an application sends.
struct CloseFrame {
  /// The close code, or 1005 (`close_code::no_status_received`) if there is none.
  int code = 0;

  /// The close reason, as UTF-8.
  std::string reason = {};
};

/// The other end of a connection: the server, as far as an application can see it.
///
///     auto peer = browser.expect_connection("wss://example.org/feed");
///     peer.accept();
///     peer.expect_text("subscribe");
///     peer.send("news");
///     peer.cut();
///
/// What the peer does is one event, and handlers of the application run before the call returns.
/// What the library does in later turns of the event loop is run by `Browser::run_until_idle`, by
/// `Browser::advance`, and at the start of each `expect_…`.
///
/// If the application has destroyed its socket, events don't reach it, as in a browser. A peer is a
/// small handle: copy it as you like, but don't keep it longer than its `Browser`.
class Peer {
 public:
  /// The URL that the application connects to.
  std::string url() const;

  /// The subprotocols that the application offers.
  std::vector<std::string> protocols() const;

  /// Whether the connection is open, as the browser sees it.
  bool is_open() const;

  /// Opens the connection.
  ///
  /// As in browsers, the handshake fails for a subprotocol that was not offered, and with Chromium
  /// and Node also if none of those offered is selected.
  void accept(const Handshake& answer = {});

  /// Refuses the connection, as a server that can't be reached or answers with a wrong status.
  ///
  /// The events are those of the browser's `Engine`.
  void refuse();

  /// Sends a message to the application: text, bytes or a `Message` (see `Payload`).
  void send(Payload payload);

  /// Sends a Close frame, and completes the closing handshake: the connection ends cleanly.
  void close(int code = 1000, std::string_view reason = {});

  /// Sends a Close frame whose close event has not arrived yet: the browser is `closing` already.
  void begin_close();

  /// Answers the application's Close frame with the same code and reason: the connection ends
  /// cleanly.
  ///
  /// Peers of `Browser::on_connection` do so without a call. If no one answers, the application's
  /// close timeout ends the connection.
  void answer_close();

  /// Ends the connection without a Close frame, as a server that crashes. The events are those of the
  /// browser's `Engine`.
  void cut();

  /// Stops reading: what the application sends from now on stays in its buffered amount, and its
  /// Close frame is not seen.
  void stall();

  /// Reads everything that is buffered, and continues to read.
  void resume();

  /// Sets the application's buffered amount, in bytes.
  void set_buffered_amount(double bytes);

  /// Raises the engine's open event, whatever was offered, for answers that no `Engine` accepts.
  void raise_open(std::string_view protocol, std::string_view extensions = {});

  /// Raises the engine's error event alone, for orders of events that no `Engine` has.
  void raise_error();

  /// Raises the engine's close event alone, for orders of events that no `Engine` has.
  void raise_close(int code, std::string_view reason = {}, bool was_clean = true);

  /// Calls `handler` with each message of the application that has not been received yet, and with
  /// each later one. Such messages are not there for `expect_…` and `try_receive` any more.
  ///
  /// An echo server:
  ///
  ///     browser.on_connection([](hawser::testing::Peer peer) {
  ///       peer.accept();
  ///       peer.on_message([peer](const hawser::Message& message) mutable { peer.send(message); });
  ///     });
  void on_message(Handler<void(const Message&)> handler);

  /// Calls `handler` with the Close frame of the application, when it comes.
  ///
  /// A connection that is given up before it is open has none.
  void on_close(Handler<void(const CloseFrame&)> handler);

  /// Returns the next message of the application, or nothing if there is none yet.
  std::optional<OwnedMessage> try_receive();

  /// Returns the next message of the application.
  OwnedMessage expect_message(const std::source_location& where = std::source_location::current()) {
    auto [message, failure] = next_message();
    if (!message) detail::fail(failure, where);
    return std::move(*message);
  }

  /// Expects that the next message of the application is this text.
  void expect_text(std::string_view text, const std::source_location& where = std::source_location::current()) {
    check(compare_message(Message::text(text)), where);
  }

  /// Expects that the next message of the application is binary, with these bytes.
  void expect_binary(std::span<const std::byte> bytes,
                     const std::source_location& where = std::source_location::current()) {
    check(compare_message(Message(MessageType::binary, bytes)), where);
  }

  /// Expects that the application has sent nothing more, neither a message nor a Close frame.
  void expect_nothing(const std::source_location& where = std::source_location::current()) {
    check(find_something(), where);
  }

  /// Expects that the application has closed the connection, or destroyed it, with no message before
  /// that which was not received. Returns its Close frame.
  ///
  /// An application that gives up a connection before it is open sends none: the code is 1005 then.
  CloseFrame expect_close(const std::source_location& where = std::source_location::current()) {
    auto [frame, failure] = next_close();
    if (!frame) detail::fail(failure, where);
    return std::move(*frame);
  }

 private:
  friend class Browser;
  Peer(Browser& browser, int number) noexcept : browser_(&browser), number_(number) {}

  static void check(const std::string& failure, const std::source_location& where) {
    if (!failure.empty()) detail::fail(failure, where);
  }

  std::pair<std::optional<OwnedMessage>, std::string> next_message();
  std::string compare_message(const Message& expected);
  std::string find_something();
  std::pair<std::optional<CloseFrame>, std::string> next_close();
  std::string what_else() const;
  void attend();
  bool is_lost() const;

  Browser* browser_;
  int number_;  // of the socket, in the order of construction
};

}  // namespace hawser::testing
