#pragma once

// A second implementation of hawser's rules (docs/reliability.md), as short and simple as possible,
// without regard to speed, memory or an engine. `model::WebSocket` on a `model::Browser` must do
// what `hawser::WebSocket` does on a `RealBrowser` (stage.hpp), which has the same functions with
// the same meaning.

#include <hawser/web_socket.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace model {

using hawser::CloseEvent;
using hawser::Error;
using hawser::Message;
using hawser::ReadyState;
using std::chrono::milliseconds;

/// The size of a message that does not fit into memory: larger than any other message of a program.
inline constexpr std::size_t unaffordable_message = 60'000;

/// The state that the engine and the library have for one connection.
struct Connection;

template <typename... Arguments>
using Handler = std::shared_ptr<std::function<void(Arguments...)>>;

class WebSocket {
 public:
  using Result = std::expected<void, Error>;

  WebSocket() = default;
  WebSocket(WebSocket&&) noexcept = default;
  WebSocket& operator=(WebSocket&& other) noexcept;
  ~WebSocket();

  static std::expected<WebSocket, Error> open(std::string_view url,
                                              const hawser::WebSocketOptions& options = {});

  void on_open(std::function<void()> handler);
  void on_message(std::function<void(const Message&)> handler);
  void on_error(std::function<void(Error)> handler);
  void on_close(std::function<void(const CloseEvent&)> handler);

  Result send(std::string_view text);
  Result send(std::span<const std::byte> bytes);
  Result close(int code = 1000, std::string_view reason = {});

  ReadyState ready_state() const;
  std::uint64_t buffered_amount() const;
  std::string url() const;
  std::string protocol() const;
  std::string extensions() const;

 private:
  explicit WebSocket(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  std::shared_ptr<Connection> connection_;
};

/// The scripted browser, as far as the rules need it. Only one exists at a time.
class Browser {
 public:
  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void choose(int nth) { chosen_ = nth; }

  void open(std::string_view protocol = {}, std::string_view extensions = {});
  void text(std::string_view message);
  void binary(std::span<const std::byte> message);
  void text_without_memory();
  void error();
  void close(int code, std::string_view reason = {}, bool was_clean = true);
  void advance(milliseconds time);
  void stall(milliseconds time);

  void throw_from_constructor(std::string_view exception_name) {
    behaviour_.constructor_exception = exception_name;
  }
  void throw_from_send() { behaviour_.throws_from_send = true; }
  void throw_from_close() { behaviour_.throws_from_close = true; }
  void end_inside_close() { behaviour_.ends_inside_close = true; }
  void fail_inside_close() { behaviour_.fails_inside_close = true; }
  void end_inside_send() { behaviour_.ends_inside_send = true; }
  void behave() { behaviour_ = {}; }
  void begin_closing();
  void set_buffered_amount(double bytes);

  const std::vector<std::string>& calls() const { return calls_; }
  int made_calls() const { return static_cast<int>(calls_.size()); }
  int reported_exceptions() const { return reported_exceptions_; }
  int attached_sockets() const;
  int pending_timers() const;

 private:
  friend class WebSocket;

  struct Behaviour {
    std::string constructor_exception;
    bool throws_from_send = false;
    bool throws_from_close = false;
    bool ends_inside_close = false;
    bool fails_inside_close = false;
    bool ends_inside_send = false;
  };

  Connection* chosen();
  void raise(const std::function<void()>& event);
  void message(const Message& message);
  void refuses_message(Connection& connection);
  void engine_fails(Connection& connection);
  void engine_closes(Connection& connection, CloseEvent event);

  void ends_after(Connection& connection, milliseconds delay, CloseEvent how);
  void comes_due(Connection& connection);
  void stops_listening(Connection& connection);
  void gives_up(Connection& connection, ReadyState state, Error error);
  void begins_to_close(Connection& connection);
  void ends(Connection& connection, CloseEvent how);
  void lets_go_of_handlers(Connection& connection);
  void tells_error(Connection& connection, Error error);
  WebSocket::Result sends(Connection& connection, std::string call);
  WebSocket::Result closes(Connection& connection, std::string call);
  void releases(const std::shared_ptr<Connection>& connection);

  /// Destroys `object` when no handler runs any more; the last object passed is destroyed first.
  void bury(std::shared_ptr<void> object);

  std::vector<std::shared_ptr<Connection>>
      connections_;  // by their number; null once it is released
  std::vector<std::shared_ptr<void>> buried_;
  std::vector<std::string> calls_;
  Behaviour behaviour_;
  milliseconds now_{0};
  std::uint64_t endings_ = 0;
  int chosen_ = 0;
  int depth_ = 0;
  int reported_exceptions_ = 0;
};

}  // namespace model
