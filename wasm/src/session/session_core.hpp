#pragma once

#include <hawser/session.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hawser/web_socket.hpp>

#include "../connection/channel.hpp"
#include "clock.hpp"
#include "heartbeat.hpp"
#include "notices.hpp"
#include "outbox.hpp"
#include "page.hpp"
#include "random.hpp"
#include "reconnect_policy.hpp"

namespace hawser::detail {

/// A session: one timer for what its state waits for, one to tell from the event loop what changed inside a call.
class SessionCore : public std::enable_shared_from_this<SessionCore>, public PageListener {
 public:
  using Milliseconds = std::chrono::milliseconds;

  SessionCore(std::vector<Endpoint> endpoints, SessionOptions options, SessionHandlers handlers);

  [[no_unique_address]] const OwnerThread owner;

  /// No handler runs any more, and nothing is kept.
  static void release(std::shared_ptr<SessionCore> core) noexcept;

  /// The page has told something.
  void check_page_soon(bool is_seen_again, bool is_back) {
    is_seen_again_ = is_seen_again_ || is_seen_again;
    is_back_ = is_back_ || is_back;
    page_check_.start(Milliseconds::zero());
  }
  void deliver_soon() { notices_.deliver_soon(); }

  /// The connection is given up, since the peer took too long.
  void timed_out();

  std::expected<SendResult, Error> send(const Message& message, Keep keep);
  std::expected<void, Error> send_now(const Message& message);
  std::expected<void, Error> close(int code, std::string_view reason);
  std::expected<void, Error> ready();
  void retry_now();
  std::expected<void, Error> reconnect(int code, std::string_view reason);
  void answered(std::uint64_t number, const Endpoint& endpoint);
  void unanswered(std::uint64_t number);

  SessionStatus status() const;
  SessionCounters counters() const;
  ReadyState ready_state() const noexcept;
  Channel* channel() const noexcept { return channel_.get(); }
  WebSocket& socket() noexcept { return socket_; }

  /// The Session that owns this, for handlers that want it.
  Session* session() const noexcept { return owning.load(std::memory_order_relaxed); }
  bool is_released() const noexcept { return is_released_; }

  /// Of the present connection or attempt, or the last; before that, the first endpoint's.
  std::string url;
  std::string protocol;
  std::string extensions;

  SessionHandlers handlers;

  /// Atomic, since another thread may move it.
  std::atomic<Session*> owning = nullptr;
  Outbox outbox;

 private:
  /// How far the present connection has got.
  enum class Stage : std::uint8_t {
    none,     // there is none
    opened,   // on_open has not been called yet
    greeted,  // on_open runs, or has thrown
    gated,    // the app has yet to call ready
    flowing,  // what is in the outbox goes to it
  };

  struct Turn : Timer {
    Turn(SessionCore& of, void (SessionCore::*what)())
        : Timer([](Timer& timer) {
            const Turn& turn = static_cast<Turn&>(timer);
            (turn.session.*turn.act)();
          }),
          session(of),
          act(what) {}
    SessionCore& session;
    void (SessionCore::*act)();
  };

  void begin();
  void attempt();
  void connect_to(const Endpoint& endpoint);
  void fail_later(Error error);
  void opened();
  void greet();
  void flow();
  bool waits_for_ready() const { return options_.gate == Gate::closed && stage_ != Stage::flowing; }
  std::expected<void, Error> close_socket(int code, std::string_view reason);
  void received(const Message& message);
  void ended(const CloseEvent& event);
  void conclude(const Decision& decided);
  void stop(StopReason why);
  void wait_for_network();
  void come_soon();
  void wait_for_turn();
  void take_turn();
  void take_turn_while_open();
  void check_page_state();
  Decision decide_on(const CloseEvent& event);
  std::vector<KeptMessage> drain();
  void set_state(SessionState state);
  std::unique_ptr<Channel> new_channel() const;
  Milliseconds uptime() const { return state_ == SessionState::open ? now() - open_since_ : Milliseconds::zero(); }

  std::vector<Endpoint> endpoints_;
  std::size_t next_endpoint_ = 0;
  std::size_t hopeless_ = 0;  // endpoints in a row that cannot be connected to
  SessionOptions options_;
  ReconnectPolicy policy_;
  Heartbeat heartbeat_;
  Random random_;
  WebSocket socket_;
  std::unique_ptr<Channel> channel_;

  SessionState state_ = SessionState::idle;
  StopReason why_ = StopReason::none;
  std::optional<CloseEvent> end_;
  std::optional<CloseEvent> pending_end_;  // of an attempt that ended inside a call
  Decision decision_;                      // hawser's own, while the app is asked
  bool is_deciding_ = false;
  Milliseconds lived_{0};              // the connection that ended last
  Milliseconds not_before_{0};         // what was asked for by the peer or the app, without the backoff
  std::uint64_t pending_request_ = 0;  // the number of the question that waits for an answer; 0: none does
  std::uint64_t questions_ = 0;
  bool is_closing_ = false;       // by the app
  bool is_reconnecting_ = false;  // the same
  Stage stage_ = Stage::none;
  bool is_seen_again_ = false;  // since the page's events were last looked at
  bool is_back_ = false;        // the network, since then
  bool is_paused_ = false;      // for the network
  bool is_released_ = false;
  Milliseconds due_{0};
  Milliseconds open_since_{0};
  Milliseconds ended_at_{0};
  Milliseconds paused_since_{0};
  SessionCounters counters_;
  Notices notices_{*this};
  Turn turn_{*this, &SessionCore::take_turn};
  Turn page_check_{*this, &SessionCore::check_page_state};
};

}  // namespace hawser::detail
