#pragma once

// A JSON-RPC 2.0 client (https://www.jsonrpc.org/specification): requests and replies over a
// session, which almost every application needs. To use it, copy it together with json_member.hpp,
// or replace that with your JSON library.

#include <hawser/deadline.hpp>
#include <hawser/event.hpp>
#include <hawser/session.hpp>
#include <hawser/task.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "json_member.hpp"

class JsonRpc {
 public:
  struct Options {
    std::chrono::milliseconds timeout = std::chrono::seconds(10);

    /// Whether the request may reach the server twice, for example because it only reads. If so,
    /// and if the connection is lost before the reply, the request is sent again on the next
    /// connection.
    bool is_safe = false;
  };

  /// Why there is no result: an error from hawser (`timed_out`, `connection_lost`, …), or the
  /// server's own error as JSON.
  struct Failure {
    hawser::Error error = hawser::Error::closed;
    std::string from_server = {};
  };

  /// Takes over the session's on_message, on_open and on_close handlers.
  explicit JsonRpc(hawser::Session& session) : session_(session) {
    session.on_message([this](const hawser::Message& message) { received(message.text()); });
    session.on_open([this] {
      for (auto& [id, call] : calls_)
        call->is_sent = true;  // the session now sends what waited in the outbox
    });
    session.on_close([this](const hawser::CloseEvent& end) { lost(end); });
  }
  JsonRpc(const JsonRpc&) = delete;
  JsonRpc& operator=(const JsonRpc&) = delete;

  /// Calls a method. `params` and the result are JSON.
  hawser::Task<std::expected<std::string, Failure>> call(std::string method, std::string params,
                                                         Options options) {
    const hawser::Deadline deadline(options.timeout);
    for (;;) {
      Call call(*this);
      const auto sent = session_.send(R"({"jsonrpc":"2.0","id":)" + std::to_string(call.id) +
                                      R"(,"method":")" + method + R"(","params":)" + params + "}");
      if (!sent) co_return std::unexpected(Failure{sent.error()});
      call.is_sent = sent->delivery == hawser::Delivery::sent;
      const auto waited = co_await call.done.wait({.timeout = deadline});
      if (!waited) co_return std::unexpected(Failure{waited.error()});
      if (!call.is_lost || !options.is_safe) co_return std::move(call.result);
    }
  }

  /// The number of calls that wait for a reply.
  std::size_t pending() const { return calls_.size(); }

 private:
  /// A request that waits for its reply. Owned by the waiting coroutine, which may be destroyed at
  /// any time.
  struct Call {
    explicit Call(JsonRpc& rpc) : calls(rpc.calls_), id(++rpc.last_id_) { calls.emplace(id, this); }
    ~Call() { calls.erase(id); }

    std::map<std::uint64_t, Call*>& calls;
    std::uint64_t id;
    hawser::Event done = {};
    std::expected<std::string, Failure> result = {};
    bool is_sent = false;
    bool is_lost = false;
  };

  void received(std::string_view reply) {
    const auto found =
        calls_.find(std::strtoull(std::string(json_member(reply, "id")).c_str(), nullptr, 10));
    if (found == calls_.end()) return;  // the reply came too late, or it is a notification
    Call& call = *found->second;
    if (const auto error = json_member(reply, "error"); !error.empty()) {
      call.result = std::unexpected(Failure{.from_server = std::string(error)});
    } else {
      call.result = std::string(json_member(reply, "result"));
    }
    call.done.set();
  }

  void lost(const hawser::CloseEvent& end) {
    for (auto& [id, call] : calls_) {
      if (!call->is_sent) continue;  // it is still in the outbox, for the next connection
      call->is_lost = true;
      call->result = std::unexpected(Failure{.error = end.error.value_or(hawser::Error::closed)});
      call->done.set();
    }
  }

  hawser::Session& session_;
  std::map<std::uint64_t, Call*> calls_;
  std::uint64_t last_id_ = 0;
};
