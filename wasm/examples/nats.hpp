#pragma once

// A client of NATS (https://nats.io) for the WebSocket port of nats-server: publish, subscribe,
// request. It reconnects and renews its subscriptions. To use it, copy it and the headers that it
// includes.
//
//     NatsClient nats("wss://example.org:8080", {.user = "ada", .password = "secret"});
//     co_await nats.subscribe("room.*", [](const NatsMessage& message) { show(message.payload); });
//     co_await nats.publish("room.1", "hello");
//     auto time = co_await nats.request("time", "", 5s);
//     if (!time) complain(time.error());
//
// Like NATS itself, it delivers messages at most once: if the connection is lost while you publish,
// the message may be lost, too. When a client is destroyed, waiting calls fail. Handlers must not
// destroy it.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <hawser/deadline.hpp>

#include "json_member.hpp"
#include "nats_protocol.hpp"
#include "reconnecting_stream.hpp"

class NatsClient {
 public:
  using Handler = std::function<void(const NatsMessage&)>;

  struct Options {
    std::string user = {};
    std::string password = {};
    std::string name = "hawser";

    /// The time between pings. If the server has not answered by the next one, the connection
    /// counts as lost.
    std::chrono::milliseconds ping_interval = std::chrono::seconds(30);

    /// Called with errors from the server that no call returns, such as a missing permission.
    std::function<void(const std::string&)> on_error = {};

    ReconnectingStream::Options stream = {};
  };

  explicit NatsClient(std::string url) : NatsClient(std::move(url), Options()) {}
  NatsClient(std::string url, Options options)
      : options_(std::move(options)),
        stream_(std::move(url), options_.stream, [this] { return converse(); }) {}

  NatsClient(const NatsClient&) = delete;
  NatsClient& operator=(const NatsClient&) = delete;
  ~NatsClient() { fail_all(hawser::describe(hawser::Error::destroyed)); }

  /// Waits for a connection. Returns an error if there is none in time, or if retrying is
  /// pointless, as after a wrong password.
  auto connected(hawser::WaitOptions wait = {}) { return stream_.connected(std::move(wait)); }

  /// The number of connections that were accepted so far.
  std::uint64_t connections() const { return stream_.connections(); }

  /// Publishes a message. Waits for a connection if there is none. `reply` is the subject for an
  /// answer.
  hawser::Task<Result<void>> publish(std::string subject, std::string payload,
                                     std::string reply = {}) {
    if (!is_nats_subject(subject, false)) co_return refuse(subject, "publish");
    if (!reply.empty() && !is_nats_subject(reply, false)) co_return refuse(reply, "publish");
    auto is_connected = co_await connected({.timeout = options_.stream.timeout});
    if (!is_connected) co_return is_connected;
    if (payload.size() > max_payload_) {
      co_return std::unexpected(
          "The payload is too large: it has " + std::to_string(payload.size()) +
          " bytes, and the server takes at most " + std::to_string(max_payload_) + ".");
    }
    if (!reply.empty()) reply += ' ';
    co_return co_await stream_.write("PUB " + subject + " " + reply +
                                     std::to_string(payload.size()) + "\r\n" + payload + "\r\n");
  }

  /// Returns the number of the subscription. From then on, `handler` is called for each message to
  /// `subject`, which may have wildcards. Of all subscribers in the same `queue`, only one gets
  /// each message.
  hawser::Task<Result<std::uint64_t>> subscribe(std::string subject, Handler handler,
                                                std::string queue = {}) {
    if (!is_nats_subject(subject, true)) co_return refuse(subject, "subscribe");
    if (!queue.empty() && !is_nats_subject(queue, false)) co_return refuse(queue, "subscribe");
    const auto sid = add(std::move(subject), std::move(queue), std::move(handler));
    const std::weak_ptr alive = alive_;
    auto flushed = co_await flush();
    if (flushed) co_return sid;
    if (!alive.expired()) (void)co_await unsubscribe(sid);
    co_return std::unexpected(std::move(flushed).error());
  }

  /// Ends a subscription. Its handler is no longer called.
  hawser::Task<Result<void>> unsubscribe(std::uint64_t sid) {
    const bool is_known = subscriptions_.erase(sid) > 0;
    if (!is_known || !stream_.is_connected()) co_return {};
    co_return co_await stream_.write("UNSUB " + std::to_string(sid) + "\r\n");
  }

  /// Publishes a message, and waits for an answer.
  hawser::Task<Result<NatsMessage>> request(std::string subject, std::string payload,
                                            std::chrono::milliseconds timeout) {
    const hawser::Deadline deadline(timeout);
    auto is_connected = co_await connected({.timeout = deadline});
    if (!is_connected) co_return std::unexpected(std::move(is_connected).error());
    if (inbox_.empty()) {
      inbox_ = "_INBOX." + random_token() + ".";
      add(inbox_ + "*", {}, [this](const NatsMessage& reply) { take_reply(reply); });
      auto sent = co_await stream_.write(new_subscriptions());
      if (!sent) co_return std::unexpected(std::move(sent).error());
    }
    const Request request(*this);
    auto sent = co_await publish(subject, std::move(payload), request.reply);
    if (!sent) co_return std::unexpected(std::move(sent).error());
    const auto waited = co_await request.waiting->done.wait({.timeout = deadline});
    if (!waited)
      co_return std::unexpected("No one has answered a request to \"" + subject + "\" in time.");
    co_return std::move(request.waiting->result);
  }

  /// Waits until the server has processed everything sent so far, subscriptions included.
  hawser::Task<Result<void>> flush() {
    auto is_connected = co_await connected({.timeout = options_.stream.timeout});
    if (!is_connected) co_return is_connected;
    const auto pong = std::make_shared<Waiting>();
    pongs_.push_back(pong);
    auto sent = co_await stream_.write(new_subscriptions() + "PING\r\n");
    if (!sent) co_return sent;
    const auto waited = co_await pong->done.wait({.timeout = options_.stream.timeout});
    if (!waited) co_return std::unexpected("The server has not answered in time.");
    if (!pong->result) co_return std::unexpected(std::move(pong->result).error());
    co_return {};
  }

  /// Waits until the server has processed everything sent so far, and closes. A closed client does
  /// not reconnect.
  hawser::Task<> close() {
    if (stream_.is_connected()) (void)co_await flush();
    co_await stream_.close();
  }

 private:
  struct Subscription {
    std::string subject;
    std::string queue;
    Handler handler;
    bool is_sent = false;  // on this connection
  };

  /// A coroutine's wait for a reply or a PONG. Shared, because the answer may come after the
  /// coroutine has stopped waiting.
  struct Waiting {
    hawser::Event done = {};
    Result<NatsMessage> result = {};
  };

  /// A request that waits for its reply. Both the waiting coroutine and the client may be destroyed
  /// before the reply.
  struct Request {
    explicit Request(NatsClient& owner) : client(owner), alive(owner.alive_) {
      client.requests_[reply] = waiting;
    }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    ~Request() {
      if (!alive.expired()) client.requests_.erase(reply);
    }

    NatsClient& client;
    std::weak_ptr<int> alive;
    std::string reply = client.inbox_ + std::to_string(++client.last_request_);
    std::shared_ptr<Waiting> waiting = std::make_shared<Waiting>();
  };

  std::uint64_t add(std::string subject, std::string queue, Handler handler) {
    subscriptions_[++last_sid_] = {std::move(subject), std::move(queue), std::move(handler)};
    return last_sid_;
  }

  /// Returns SUB lines for the subscriptions that this connection's server does not know yet.
  std::string new_subscriptions() {
    std::string lines;
    for (auto& [sid, subscription] : subscriptions_) {
      if (std::exchange(subscription.is_sent, true)) continue;
      const auto queue = subscription.queue.empty() ? "" : subscription.queue + " ";
      lines += "SUB " + subscription.subject + " " + queue + std::to_string(sid) + "\r\n";
    }
    return lines;
  }

  /// Runs the protocol on one connection.
  hawser::Task<std::string> converse() {
    is_greeted_ = false;
    error_.clear();
    auto why = co_await read_operations();
    for (auto& [sid, subscription] : subscriptions_) subscription.is_sent = false;
    fail_all("The connection was lost before the answer came. " + why);
    co_return why;
  }

  hawser::Task<std::string> read_operations() {
    NatsParser parser;
    std::shared_ptr<Waiting> ping;
    hawser::Deadline deadline(options_.stream.timeout);  // for the greeting, and then for each ping
    for (;;) {
      const auto bytes = co_await stream_.read(deadline);
      if (!bytes) co_return error_.empty() ? bytes.error() : error_;
      const bool was_connected = stream_.is_connected();
      parser.feed(*bytes);
      for (;;) {
        const auto operation = parser.next();
        if (!operation) co_return operation.error();
        if (!*operation) break;
        const auto answer = take(**operation);
        if (answer.empty()) continue;
        if (auto sent = co_await stream_.write(answer); !sent) co_return sent.error();
      }
      if (!was_connected && stream_.is_connected())
        deadline = hawser::Deadline(options_.ping_interval);
      if (deadline.left().count() > 0) continue;
      if (!stream_.is_connected() || (ping && !ping->done.is_set()))
        co_return "The server has not answered in time.";
      deadline = hawser::Deadline(options_.ping_interval);
      ping = pongs_.emplace_back(std::make_shared<Waiting>());
      if (auto sent = co_await stream_.write("PING\r\n"); !sent) co_return sent.error();
    }
  }

  /// Handles an operation. Returns the answer to send, if any.
  std::string take(const NatsOperation& operation) {
    using enum NatsOperation::Kind;
    switch (operation.kind) {
      case info: return greet(operation.text);
      case ping: return "PONG\r\n";
      case pong: take_pong(); break;
      case message: deliver(operation); break;
      case error: take_error(operation.text); break;
      case ok: break;
    }
    return {};
  }

  /// The server introduces itself on connecting, and again when something changes. The answer ends
  /// with a ping. The reply to that shows that the server has accepted the user.
  std::string greet(std::string_view info) {
    const std::string limit(json_member(info, "max_payload"));
    max_payload_ =
        limit.empty() ? NatsParser::max_payload : std::strtoull(limit.c_str(), nullptr, 10);
    if (std::exchange(is_greeted_, true)) return {};
    pongs_.push_back(std::make_shared<Waiting>());
    return R"(CONNECT {"verbose":false,"pedantic":false,"protocol":1,"lang":"C++","version":"0.2","name":)" +
           json_string(options_.name) + R"(,"user":)" + json_string(options_.user) + R"(,"pass":)" +
           json_string(options_.password) + "}\r\n" + new_subscriptions() + "PING\r\n";
  }

  void take_pong() {
    if (pongs_.empty()) return;
    if (!stream_.is_connected()) stream_.opened();
    end(*pongs_.front(), {});
    pongs_.pop_front();
  }

  void deliver(const NatsOperation& operation) {
    const auto found = subscriptions_.find(operation.sid);
    if (found == subscriptions_.end()) return;  // the server did not know yet that it has ended
    const Handler handler =
        found->second.handler;  // a copy, because it may end its own subscription
    handler(operation.message);
  }

  void take_error(const std::string& error) {
    error_ = "The server reports an error: " + error + ".";
    if (error.contains("Authorization Violation") || error.contains("User Authentication"))
      stream_.stop("The server refuses the user or the password: " + error + ".");
    if (options_.on_error) options_.on_error(error_);
  }

  void take_reply(const NatsMessage& message) {
    const auto request = requests_.extract(message.subject);
    if (request) end(*request.mapped(), message);  // otherwise, the reply is late or a duplicate
  }

  static std::unexpected<std::string> refuse(const std::string& subject, const std::string& verb) {
    return std::unexpected("\"" + subject + "\" is not a subject that NATS can " + verb + " to.");
  }

  void fail_all(const std::string& why) {
    for (const auto& pong : std::exchange(pongs_, {})) end(*pong, std::unexpected(why));
    for (const auto& [reply, waiting] : std::exchange(requests_, {}))
      end(*waiting, std::unexpected(why));
  }

  static void end(Waiting& waiting, Result<NatsMessage> result) {
    if (waiting.done.is_set()) return;
    waiting.result = std::move(result);
    waiting.done.set();
  }

  static std::string random_token() {
    std::random_device random;
    std::string token;
    for (int i = 0; i < 4; ++i) token += std::to_string(random());
    return token;
  }

  Options options_;
  std::map<std::uint64_t, Subscription> subscriptions_;       // by sid
  std::map<std::string, std::shared_ptr<Waiting>> requests_;  // by the subject of their reply
  std::deque<std::shared_ptr<Waiting>> pongs_;                // in the order of their pings
  std::string inbox_;
  std::string error_;
  std::uint64_t last_sid_ = 0;
  std::uint64_t last_request_ = 0;
  std::uint64_t max_payload_ = 0;
  bool is_greeted_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // expires with the client
  ReconnectingStream stream_;  // last, because it runs a coroutine that uses the others
};
