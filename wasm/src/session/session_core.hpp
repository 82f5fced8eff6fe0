#pragma once

#include <hawser/session.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <hawser/web_socket.hpp>

#include "../socket/seam.hpp"
#include "../socket/tether.hpp"
#include "clock.hpp"
#include "heartbeat.hpp"
#include "notices.hpp"
#include "outbox.hpp"
#include "page.hpp"
#include "random.hpp"
#include "reconnect_policy.hpp"
#include "session_inbox.hpp"
#include "session_state.hpp"

namespace hawser::detail {

class SessionCore;

/// Receives a session's messages as JavaScript values, so that they need no copy in wasm memory.
///
/// The session counts these messages but not their bytes, because JavaScript knows their sizes.
struct ValueListener {
  /// Returns whether a value answers a ping. Null if none can.
  bool (*is_pong)(ValueListener& self, seam::Value value);

  void (*received)(ValueListener& self, seam::Value value);
};

/// The hook through which sessions receive these messages (wasm/pages/session_values.cpp). Only the
/// module for pages links it. In other programs, its address is null (see `SocketReports`), and
/// messages are bytes.
struct SessionValues {
  void (*listen)(SessionCore& session);
};

// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it has a function pointer only
extern const SessionValues session_values [[gnu::weak]];

/// The state machine of a session (see session_state.hpp).
class SessionCore : public std::enable_shared_from_this<SessionCore>, public PageListener {
 public:
  using Milliseconds = std::chrono::milliseconds;

  SessionCore(std::vector<Endpoint>&& endpoints, SessionOptions&& options,
              SessionHandlers&& handlers);

  [[no_unique_address]] const OwnerThread owner;

  /// Calls no handlers from now on, and destroys `core` once the running handlers have returned.
  static void release(std::shared_ptr<SessionCore> core) noexcept;

  void deliver_soon() { notices_.deliver_soon(); }

  /// Gives up the connection, because the peer or the app took too long.
  void timed_out();

  std::expected<SendResult, Error> send(const Message& message, Keep keep);
  std::expected<void, Error> send_now(const Message& message);

  /// Sends a JavaScript value without a copy. Returns false if it can't be sent at once. `send`
  /// then keeps a copy, or drops it.
  std::expected<bool, Error> send_value(seam::Value value, Keep keep);
  std::expected<void, Error> send_value_now(seam::Value value);

  /// Makes the current socket pass its messages to `value_listener`.
  void listen_for_values();

  /// Selects the JavaScript type of binary messages, from the next one on.
  void receive_values(BinaryType type) noexcept;

  std::expected<void, Error> restore(std::span<KeptMessage> messages, std::uint64_t next_id);
  std::expected<void, Error> close(int code, std::string_view reason);
  std::expected<void, Error> ready();
  void retry_now();
  std::expected<void, Error> reconnect(int code, std::string_view reason);

  /// Answers an endpoint request. Null means no endpoint.
  void answered(std::uint64_t number, const Endpoint* endpoint);

  SessionStatus status() const;
  SessionCounters counters() const;
  ReadyState ready_state() const noexcept;
  SessionInbox* receive_queue() noexcept { return &receive_queue_; }
  WebSocket& socket() noexcept { return socket_; }

  /// The Session that owns this, which handlers may take as their first argument.
  Session* session() const noexcept { return owning.load(std::memory_order_relaxed); }
  bool is_released() const noexcept { return is_released_; }

  /// Whether the app has called `close`. No more messages then go to `on_message`.
  bool is_closed_by_app() const noexcept;

  /// Properties of the current or last connection or attempt. Before the first attempt, `url` is
  /// that of the first endpoint.
  std::string url;
  std::string protocol;
  std::string extensions;

  SessionHandlers handlers;
  Outbox outbox;

  /// Atomic, because another thread may move the Session.
  std::atomic<Session*> owning = nullptr;

  /// Another user of this session. Null before there is one, and after the session has ended.
  Tether* tether = nullptr;

  /// Set before the first attempt, in programs with `session_values`.
  ValueListener* value_listener = nullptr;

 private:
  using Stage = state::Open::Stage;
  using Next = state::Next;

  /// A timer that calls a member function.
  struct CoreTimer : Timer {
    CoreTimer(SessionCore& of, void (SessionCore::*what)())
        : Timer([](Timer& timer) {
            const CoreTimer& self = static_cast<CoreTimer&>(timer);
            (self.core.*self.act)();
          }),
          core(of),
          act(what) {}
    SessionCore& core;
    void (SessionCore::*act)();
  };

  static constexpr auto never = Milliseconds::max();

  /// Changes the state, and makes its timer fire after `delay`.
  void become(const state::State& state, Milliseconds delay = never);

  /// Does the same, and reports it to `on_status`. Between states that look the same from outside,
  /// use `become`.
  void enter(const state::State& state, Milliseconds delay = never);

  template <typename State>
  State* in() noexcept {
    return std::get_if<State>(&state_);
  }
  template <typename State>
  const State* in() const noexcept {
    return std::get_if<State>(&state_);
  }

  SessionState shown() const noexcept;
  Next next() const noexcept;
  Milliseconds uptime() const;
  bool flows() const noexcept;

  bool is_kept_anyway(Keep keep) const noexcept;
  bool sends_at_once(Keep keep) const noexcept;
  void count_sent(std::uint64_t size) noexcept;
  void count_received(std::uint64_t size) noexcept;
  std::expected<SendResult, Error> send_or_keep(const Message& message, Keep keep);

  void timer_fired();
  void begin();
  void attempt();
  void connect_to(const Endpoint& endpoint);
  void opened();
  void call_on_open();
  void after_on_open();
  void flow(state::Open& open);
  void received(const Message& message);
  void received(seam::Value value);
  bool ends_here(bool is_pong);
  void close_connection(state::Open open, Next next, int code, std::string_view reason);
  void end_later(Error error, Next next);
  void ended(const CloseEvent& event);
  Decision decide_on(const CloseEvent& event);
  void conclude(Decision decided);
  void retry_or_stop(Decision decided, Milliseconds uptime);
  void stop(StopReason why);
  void page_changed(const PageChange& change);
  void check_page_state();
  void start_grace();
  void watch_grace();
  bool is_grace_over() const;
  void close_hidden();
  void wait_for_page(Milliseconds earliest);
  void page_returned(Milliseconds earliest);
  void wait_until(Milliseconds due, Milliseconds earliest);
  void wait_for_network(Milliseconds earliest);
  void network_returned(Milliseconds earliest);
  MessageList drain();

  std::vector<Endpoint> endpoints_;
  std::size_t next_endpoint_ = 0;
  std::size_t invalid_in_a_row_ = 0;  // endpoints in a row that can't be used
  SessionOptions options_;
  ReconnectPolicy policy_;
  Heartbeat heartbeat_;
  Random random_;
  WebSocket socket_;
  BinaryType binary_type_ = BinaryType::blob;  // for messages that are JavaScript values
  SessionInbox receive_queue_;

  state::State state_;
  std::optional<CloseEvent> end_;  // the last end
  std::uint64_t requests_ = 0;     // endpoint requests so far
  Milliseconds grace_since_{0};    // with WhenHidden::close: when `hidden_grace` started
  bool was_grace_over_ = false;    // at the last check of the page's state
  bool is_seen_again_ = false;     // since the last check of the page's state
  bool is_online_again_ = false;   // since the last check of the page's state
  bool is_released_ = false;
  SessionCounters counters_;
  Notices notices_{*this};
  CoreTimer timer_{*this, &SessionCore::timer_fired};
  CoreTimer page_timer_{*this, &SessionCore::check_page_state};
};

}  // namespace hawser::detail
