#pragma once

#include <cstddef>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hawser/close.hpp>
#include <hawser/handler.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/payload.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/testing/failure.hpp>

namespace hawser::testing {

class Browser;

/// A peer's answer to a handshake.
struct Handshake {
  /// The subprotocol that the peer selects. By default, the first one that the application offers.
  /// `""` selects none.
  std::optional<std::string> protocol = std::nullopt;

  /// The extensions that the peer selects, as in the header. Empty for none.
  std::string extensions = {};
};

/// The Close frame that an application has sent.
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
/// Each action of a peer is one event: handlers of the application run before the call returns. The
/// library also does work in later turns of the event loop. `Browser::run_until_idle`,
/// `Browser::advance`, and the start of each `expect_…` run that work.
///
/// An action that no server could do in the connection's state throws a `Failure` that says why, as
/// an `expect_…` does. After the connection has ended, `send`, `close`, `begin_close`,
/// `answer_close` and `cut` do nothing. If the application has destroyed its socket, events don't
/// reach it, as in a browser.
///
/// A peer is a small handle. Copy it freely, but don't keep it longer than its `Browser`.
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
  /// As in browsers, the handshake fails if the selected subprotocol was not offered. With Chromium
  /// and Node, it also fails if subprotocols were offered and none is selected.
  ///
  /// Fails unless the browser waits for the answer.
  void accept(const Handshake& answer = {},
              const std::source_location& where = std::source_location::current()) {
    check(try_to_accept(answer), where);
  }

  /// Refuses the connection, like a server that can't be reached or answers with a wrong status.
  ///
  /// Raises the events of the browser's `Engine`. Fails unless the browser waits for the answer.
  void refuse(const std::source_location& where = std::source_location::current()) {
    check(try_to_refuse(), where);
  }

  /// Sends a message to the application: text, bytes or a `Message` (see `Payload`).
  ///
  /// Fails if the connection is not open yet, and after `begin_close`.
  void send(Payload payload, const std::source_location& where = std::source_location::current()) {
    check(try_to_send(payload.message()), where);
  }

  /// Sends a Close frame and completes the closing handshake: the connection ends cleanly.
  ///
  /// Fails if the connection is not open yet, and for a frame that no server can send (RFC 6455,
  /// sections 5.5 and 7.4). The code 1005 (`close_code::no_status_received`) stands for a frame
  /// without a code. The reason is UTF-8, at most `max_close_reason_size` bytes.
  void close(int code = close_code::normal_closure, std::string_view reason = {},
             const std::source_location& where = std::source_location::current()) {
    check(try_to_close(code, reason), where);
  }

  /// Sends a Close frame, but not yet the close event: the browser is already `closing`.
  ///
  /// `close` or `cut` ends the connection. Fails if the connection is not open yet, and the second
  /// time.
  void begin_close(const std::source_location& where = std::source_location::current()) {
    check(try_to_begin_close(), where);
  }

  /// Answers the application's Close frame with the same code and reason: the connection ends
  /// cleanly.
  ///
  /// Peers of `Browser::on_connection` do this by default. If the peer does not answer, the
  /// application's close timeout ends the connection. Fails if the peer has received no Close frame.
  void answer_close(const std::source_location& where = std::source_location::current()) {
    check(try_to_answer_close(), where);
  }

  /// Ends the connection without a Close frame, like a server that crashes. If it is not open yet,
  /// the handshake fails. Raises the events of the browser's `Engine`.
  void cut();

  /// Stops reading. Messages that the application sends from now on stay in its buffered amount,
  /// and its Close frame is not seen.
  void stall();

  /// Reads all buffered messages, and keeps reading.
  void resume();

  /// Sets the application's buffered amount, in bytes.
  void set_buffered_amount(double bytes);

  /// Raises the engine's open event, whatever was offered, and in any state. For answers that no
  /// `Engine` accepts.
  void raise_open(std::string_view protocol, std::string_view extensions = {});

  /// Raises a message event, even if the connection is not open. For events that no engine raises.
  void raise_message(Payload payload);

  /// Raises only the engine's error event. For orders of events that no `Engine` has.
  void raise_error();

  /// Makes the browser `closing`, even if the connection is not open. For orders of events that no
  /// `Engine` has.
  void raise_closing();

  /// Raises only the engine's close event. For orders of events that no `Engine` has.
  void raise_close(int code, std::string_view reason = {}, bool was_clean = true);

  /// Calls `handler` with each message of the application: those not received yet, and all later
  /// ones. `expect_…` and `try_receive` no longer return these messages.
  ///
  /// An echo server:
  ///
  ///     browser.on_connection([](hawser::testing::Peer peer) {
  ///       peer.accept();
  ///       peer.on_message([peer](const hawser::Message& message) mutable { peer.send(message); });
  ///     });
  void on_message(Handler<void(const Message&)> handler);

  /// Calls `handler` with the application's Close frame when it arrives.
  ///
  /// A connection that is given up before it is open has none.
  void on_close(Handler<void(const CloseFrame&)> handler);

  /// Returns the next message of the application, or nothing if none has arrived.
  std::optional<OwnedMessage> try_receive();

  /// Returns the next message of the application.
  OwnedMessage expect_message(const std::source_location& where = std::source_location::current()) {
    auto [message, failure] = next_message();
    if (!message) detail::fail(failure, where);
    return std::move(*message);
  }

  /// Expects that the next message of the application is this text.
  void expect_text(std::string_view text,
                   const std::source_location& where = std::source_location::current()) {
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

  /// Expects that the application has closed or destroyed the connection, and that all its earlier
  /// messages were received. Returns its Close frame.
  ///
  /// An application that gives up a connection before it is open sends no Close frame. The code is
  /// then 1005.
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

  std::string try_to_accept(const Handshake& answer);
  std::string try_to_refuse();
  std::string try_to_send(const Message& message);
  std::string try_to_close(int code, std::string_view reason);
  std::string try_to_begin_close();
  std::string try_to_answer_close();
  std::string cannot(std::string_view action, std::string_view why) const;
  std::string state() const;
  ReadyState ready_state() const;
  bool is_given_up_early() const;
  void fail_handshake();
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
