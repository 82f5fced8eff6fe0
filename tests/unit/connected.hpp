#pragma once

#include <hawser/hawser.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <hawser/testing/browser.hpp>
#include "journal.hpp"

/// A coroutine that starts at once. Destroying this object destroys the coroutine, wherever it
/// waits.
class Running {
 public:
  struct promise_type {
    Running get_return_object() {
      return Running(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };

  Running(Running&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Running& operator=(Running&&) = delete;
  ~Running() {
    if (coroutine_) coroutine_.destroy();
  }

 private:
  explicit Running(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

/// The result of an operation in words: "text …", "binary N", "N bytes", "sent", "closed CODE
/// REASON", "connected", "error …".
inline std::string to_line(const hawser::Message& message) {
  return message.is_text() ? "text " + std::string(message.text())
                           : "binary " + std::to_string(message.bytes().size());
}
inline std::string to_line(std::size_t size) { return std::to_string(size) + " bytes"; }
inline std::string to_line(const hawser::CloseEvent& end) {
  return "closed " + std::to_string(end.code) + " " + end.reason;
}
inline std::string to_line(const hawser::Connection&) { return "connected"; }
inline std::string to_line(hawser::Error error) { return error_line(error); }
inline std::string to_line(const hawser::ReceiveError& error) { return error_line(error.error); }

template <typename Value, typename Failure>
std::string to_line(const std::expected<Value, Failure>& result) {
  if (!result) return to_line(result.error());
  if constexpr (std::same_as<Value, void>)
    return "sent";
  else
    return to_line(*result);
}

template <typename Operation>
struct Given {
  using Type = decltype(std::declval<Operation&>().await_resume());
};
template <typename Result>
struct Given<hawser::Task<Result>> {
  using Type = Result;
};

/// An operation that a coroutine of this object awaits from the start, and its result. Destroying
/// this object destroys the coroutine.
template <typename Operation>
class Awaited {
 public:
  explicit Awaited(Operation operation)
      : operation_(std::move(operation)), coroutine_(run(*this)) {}
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;

  std::optional<typename Given<decltype(std::declval<Operation&>()())>::Type> result;
  int resumptions = 0;

  /// The coroutine calls this last.
  std::function<void()> then;

  /// `to_line` of the result, or "waiting" before the operation has ended.
  std::string line() const { return result ? to_line(*result) : "waiting"; }

 private:
  static Running run(Awaited& self) {
    auto given = co_await self.operation_();
    ++self.resumptions;
    self.result.emplace(std::move(given));
    if (self.then) self.then();
  }

  Operation operation_;
  Running coroutine_;
};

/// An open connection, and the browser under it.
struct Connected {
  explicit Connected(hawser::ConnectOptions options = {}) {
    Awaited connecting([&] { return hawser::connect("ws://host/", std::move(options)); });
    browser.peer().accept();
    connection = std::move(connecting.result.value().value());
  }

  auto receive() {
    return Awaited([this] { return connection.receive(); });
  }
  auto receive(hawser::WaitOptions options) {
    return Awaited([this, options] { return connection.receive(options); });
  }
  auto receive_into(std::span<std::byte> buffer) {
    return Awaited([this, buffer] { return connection.receive_into(buffer); });
  }
  auto receive_into(std::span<std::byte> buffer, hawser::WaitOptions options) {
    return Awaited([this, buffer, options] { return connection.receive_into(buffer, options); });
  }
  auto send(std::string text) {
    return Awaited([this, text = std::move(text)] { return connection.send(text); });
  }
  auto send(std::string text, hawser::WaitOptions options) {
    return Awaited(
        [this, text = std::move(text), options] { return connection.send(text, options); });
  }
  auto close(int code = 1000, std::string reason = {}) {
    return Awaited(
        [this, code, reason = std::move(reason)] { return connection.close(code, reason); });
  }
  auto close(int code, std::string reason, hawser::WaitOptions options) {
    return Awaited([this, code, reason = std::move(reason), options] {  //
      return connection.close(code, reason, options);
    });
  }

  hawser::testing::Browser browser;
  hawser::Connection connection;
};
