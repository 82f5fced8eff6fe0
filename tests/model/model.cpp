#include "model.hpp"

#include <algorithm>
#include <utility>

#include "oracle.hpp"

namespace model {

namespace {

using std::unexpected;

Browser* browser = nullptr;

constexpr milliseconds longest_timer{0x7fffffff};
constexpr milliseconds grace_for_a_close_event{100};

/// The URLs that programs use. The fuzzer of URLs covers which others are valid.
bool is_valid_url(std::string_view url) {
  return url == "ws://host/" || url == "wss://user@[::1]:8443/path?query";
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text += "0123456789abcdef"[std::to_integer<int>(byte) / 16];
    text += "0123456789abcdef"[std::to_integer<int>(byte) % 16];
  }
  return text;
}

template <typename Target, typename Callable>
auto to_handler(Callable&& callable) -> std::shared_ptr<Target> {
  return callable ? std::make_shared<Target>(std::forward<Callable>(callable)) : nullptr;
}

}  // namespace

/// How a connection ends if nothing else ends it first.
struct Ending {
  milliseconds due;
  std::uint64_t order;
  CloseEvent how;
  milliseconds extension{0};  // at most, for a deadline that fires late

  bool is_before(const Ending& other) const {
    return std::pair(due, order) < std::pair(other.due, other.order);
  }
};

struct Connection {
  // The engine's side.
  std::string url;
  std::string protocol;
  std::string extensions;
  double buffered_amount = 0;
  int engine_state = 0;

  // The library's side.
  ReadyState state = ReadyState::connecting;
  milliseconds close_timeout{0};
  milliseconds drain_timeout{0};
  std::size_t max_message_size = 0;
  milliseconds closing_since{0};
  bool is_queued = false;  // while closing: messages were queued at the last check
  std::optional<Ending> ending;
  std::optional<Error> failure;  // the meaning of the engine's error event
  std::optional<Error> refusal;  // why the library itself closes
  bool listens = true;           // to the engine's events
  bool in_call = false;          // a call of the app into the engine
  bool is_error_told = false;
  bool is_end_told = false;
  bool is_released = false;
  Handler<> on_open;
  Handler<const Message&> on_message;
  Handler<Error> on_error;
  Handler<const CloseEvent&> on_close;

  /// Every refusal is reported.
  Error why_not_open() const {
    if (state == ReadyState::connecting) return Error::still_connecting;
    return state == ReadyState::closing ? Error::already_closing : Error::already_closed;
  }
};

// The engine

Browser::Browser() { browser = this; }

Browser::~Browser() { advance(longest_timer); }

Connection* Browser::chosen() {
  const auto index = static_cast<std::size_t>(chosen_);
  return index < connections_.size() ? connections_[index].get() : nullptr;
}

/// A handler's exception is reported, and everything continues.
void Browser::raise(const std::function<void()>& event) {
  ++depth_;
  try {
    event();
  } catch (...) {
    ++reported_exceptions_;
  }
  if (--depth_ > 0) return;
  while (!buried_.empty()) {
    const auto last = std::move(buried_.back());
    buried_.pop_back();
  }
}

void Browser::bury(std::shared_ptr<void> object) {
  if (depth_ > 0 && object) buried_.push_back(std::move(object));
}

void Browser::open(std::string_view protocol, std::string_view extensions) {
  Connection* const connection = chosen();
  if (!connection) return;
  connection->engine_state = 1;
  connection->protocol = protocol;
  connection->extensions = extensions;
  if (!connection->listens || connection->state != ReadyState::connecting) return;
  raise([&] {
    connection->state = ReadyState::open;
    connection->ending.reset();
    if (const auto handler = connection->on_open) (*handler)();
  });
}

void Browser::text(std::string_view text) {
  message({hawser::MessageType::text, std::as_bytes(std::span(text))});
}

void Browser::binary(std::span<const std::byte> bytes) {
  message({hawser::MessageType::binary, bytes});
}

/// Messages are delivered only while the connection is open.
void Browser::message(const Message& message) {
  Connection* const connection = chosen();
  if (!connection || !connection->listens || connection->state != ReadyState::open) return;
  if (message.size() > connection->max_message_size) return refuses_message(*connection);
  raise([&] {
    if (const auto handler = connection->on_message) (*handler)(message);
  });
}

/// A message that does not fit into memory ends its connection, unless that is already ending.
void Browser::text_without_memory() {
  Connection* const connection = chosen();
  if (!connection || !connection->listens || connection->state != ReadyState::open) return;
  if (unaffordable_message > connection->max_message_size) return refuses_message(*connection);
  gives_up(*connection, ReadyState::closed, Error::out_of_memory);
}

/// A message that is too large ends its connection, however that ends then. If the engine cannot
/// close the connection, it has ended.
void Browser::refuses_message(Connection& connection) {
  connection.refusal = Error::message_too_large;
  (void)closes(connection, "close 4009 message refused");
  if (connection.state == ReadyState::open)
    gives_up(connection, ReadyState::closed, Error::message_too_large);
}

void Browser::error() {
  if (Connection* const connection = chosen()) engine_fails(*connection);
}

/// One end per socket: the close event that follows says how it ended. If none follows, the library
/// makes one.
void Browser::engine_fails(Connection& connection) {
  if (!connection.listens || connection.state == ReadyState::closed) return;
  raise([&] {
    const bool was_open = connection.state != ReadyState::connecting;
    const Error error =
        connection.refusal.value_or(was_open ? Error::connection_lost : Error::connection_failed);
    connection.state = ReadyState::closed;
    connection.failure = error;
    ends_after(connection, grace_for_a_close_event, {.error = error});
    if (!connection.in_call) tells_error(connection, error);
  });
}

void Browser::close(int code, std::string_view reason, bool was_clean) {
  CloseEvent event{.code = static_cast<std::uint16_t>(code),
                   .reason = std::string(reason),
                   .was_clean = was_clean};
  if (Connection* const connection = chosen()) engine_closes(*connection, std::move(event));
}

/// An end has an error unless it came from the peer's Close frame. 1006 and 1015 mean that there
/// was no such frame.
void Browser::engine_closes(Connection& connection, CloseEvent event) {
  connection.engine_state = 3;
  if (!connection.listens) return;
  raise([&] {
    const bool was_open = connection.state != ReadyState::connecting;
    const bool has_close_frame = event.code != 1006 && event.code != 1015;
    if (connection.failure) {
      event.error = connection.failure;
    } else if (!has_close_frame) {
      event.error = was_open ? Error::connection_lost : Error::connection_failed;
    }
    if (!connection.in_call) return ends(connection, event);
    connection.state = ReadyState::closed;
    stops_listening(connection);
    ends_after(connection, milliseconds::zero(), event);
  });
}

void Browser::advance(milliseconds time) {
  const milliseconds until = now_ + time;
  for (;;) {
    Connection* next = nullptr;
    for (const auto& one : connections_) {
      if (!one || !one->ending || one->ending->due > until) continue;
      if (!next || one->ending->is_before(*next->ending)) next = one.get();
    }
    if (!next) break;
    now_ = std::max(now_, next->ending->due);
    comes_due(*next);
  }
  now_ = std::max(now_, until);
}

/// The thread is busy. Then the timers that are due fire, each once and before any other event.
void Browser::stall(milliseconds time) {
  now_ += time;
  std::vector<std::pair<Ending, std::shared_ptr<Connection>>> due;
  for (const auto& one : connections_) {
    if (one && one->ending && one->ending->due <= now_) due.emplace_back(*one->ending, one);
  }
  std::ranges::sort(due, [](auto& one, auto& other) { return one.first.is_before(other.first); });
  for (const auto& [ending, connection] : due) {
    if (connection->ending && connection->ending->order == ending.order) comes_due(*connection);
  }
}

/// A deadline measures the peer. While messages from before close are queued, closing starts again.
/// A deadline that fires late gets the lost time back, once, and at least lets queued events
/// arrive.
void Browser::comes_due(Connection& connection) {
  const Ending ending = *std::exchange(connection.ending, std::nullopt);
  if (connection.state == ReadyState::closing && ending.how.error == Error::connection_timed_out) {
    const bool was_queued = std::exchange(connection.is_queued, connection.buffered_amount > 0);
    const auto left = connection.closing_since + connection.drain_timeout - now_;
    if (was_queued && left > milliseconds::zero())
      return ends_after(connection, std::min(connection.close_timeout, left), ending.how);
  }
  if (ending.extension > milliseconds::zero()) {
    const auto late = std::min(now_ - ending.due, ending.extension);
    connection.ending = {now_ + late, ++endings_, ending.how};
    return;
  }
  raise([&] { ends(connection, ending.how); });
}

void Browser::begin_closing() {
  if (Connection* const connection = chosen()) connection->engine_state = 2;
}

void Browser::set_buffered_amount(double bytes) {
  if (Connection* const connection = chosen()) connection->buffered_amount = bytes;
}

int Browser::attached_sockets() const {
  return static_cast<int>(
      std::ranges::count_if(connections_, [](auto& one) { return one && one->listens; }));
}

int Browser::pending_timers() const {
  return static_cast<int>(
      std::ranges::count_if(connections_, [](auto& one) { return one && one->ending; }));
}

// How a connection ends

/// A deadline longer than a timer's limit counts as none.
void Browser::ends_after(Connection& connection, milliseconds delay, CloseEvent how) {
  connection.ending.reset();
  if (delay <= longest_timer) connection.ending = {now_ + delay, ++endings_, std::move(how), delay};
}

/// Silence after the end: the engine's events are ignored from now on. A connection that is still
/// open is closed, without a code.
void Browser::stops_listening(Connection& connection) {
  connection.listens = false;
  connection.ending.reset();
  if (connection.engine_state > 1) return;
  connection.engine_state = 2;
  calls_.emplace_back("close");
}

/// An end is never reported inside a call that the app made.
void Browser::gives_up(Connection& connection, ReadyState state, Error error) {
  connection.state = state;
  stops_listening(connection);
  ends_after(connection, milliseconds::zero(), {.error = error});
}

/// A deadline has passed.
void Browser::begins_to_close(Connection& connection) {
  connection.state = ReadyState::closing;
  connection.closing_since = now_;
  connection.is_queued = connection.buffered_amount > 0;
  ends_after(connection, connection.close_timeout, {.error = Error::connection_timed_out});
}

/// One end per socket: on_error, if there is an error, then on_close, once. An on_error that
/// throws, or that runs the event loop, does not prevent the on_close.
void Browser::ends(Connection& connection, CloseEvent how) {
  if (connection.refusal) how.error = connection.refusal;
  connection.state = ReadyState::closed;
  stops_listening(connection);
  if (how.error && !connection.is_error_told) {
    ends_after(connection, milliseconds::zero(), how);
    tells_error(connection, *how.error);
    if (connection.is_released) return;
    connection.ending.reset();
  }
  if (std::exchange(connection.is_end_told, true)) return;
  const auto last = connection.on_close;
  lets_go_of_handlers(connection);  // even if the last one throws
  if (last) (*last)(how);
  lets_go_of_handlers(connection);  // that the last one set
}

void Browser::lets_go_of_handlers(Connection& connection) {
  bury(std::exchange(connection.on_open, nullptr));
  bury(std::exchange(connection.on_message, nullptr));
  bury(std::exchange(connection.on_error, nullptr));
  bury(std::exchange(connection.on_close, nullptr));
}

void Browser::tells_error(Connection& connection, Error error) {
  if (std::exchange(connection.is_error_told, true)) return;
  if (const auto handler = connection.on_error) (*handler)(error);
}

/// Silence after the end, and no lookup finds it; but a running handler keeps its captures.
void Browser::releases(const std::shared_ptr<Connection>& connection) {
  connection->is_released = true;
  stops_listening(*connection);
  std::ranges::replace(connections_, connection, nullptr);
  bury(connection);
}

// The app's calls

WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
  const WebSocket old(std::exchange(connection_, std::exchange(other.connection_, nullptr)));
  return *this;
}

WebSocket::~WebSocket() {
  if (connection_) browser->releases(connection_);
}

std::expected<WebSocket, Error> WebSocket::open(std::string_view url,
                                                const hawser::WebSocketOptions& options) {
  if (!is_valid_url(url)) return unexpected(Error::invalid_url);  // the same in every engine
  if (const auto refused = oracle::refuse_protocols(options.protocols)) return unexpected(*refused);
  if (options.connect_timeout.count() <= 0 || options.close_timeout.count() <= 0) {
    return unexpected(Error::invalid_timeout);
  }

  std::string list;
  for (const auto& protocol : options.protocols) list += (list.empty() ? "" : ",") + protocol;
  browser->calls_.push_back("new " + std::string(url) + " [" + list + "]");
  const auto& exception = browser->behaviour_.constructor_exception;  // becomes an Error
  if (exception == "SyntaxError") return unexpected(Error::invalid_url);
  if (exception == "SecurityError") return unexpected(Error::blocked);
  if (!exception.empty()) return unexpected(Error::browser_exception);

  auto connection = std::make_shared<Connection>();
  connection->url = url;
  connection->close_timeout = options.close_timeout;
  connection->drain_timeout = options.drain_timeout;
  connection->max_message_size = options.max_message_size;
  browser->connections_.push_back(connection);
  browser->ends_after(*connection, options.connect_timeout, {.error = Error::connection_timed_out});
  return WebSocket(std::move(connection));
}

// A handler that is replaced may hold this very object: destroy it last.
void WebSocket::on_open(std::function<void()> handler) {
  if (!connection_) return;
  browser->bury(
      std::exchange(connection_->on_open, to_handler<std::function<void()>>(std::move(handler))));
}

void WebSocket::on_message(std::function<void(const Message&)> handler) {
  if (!connection_) return;
  using Target = std::function<void(const Message&)>;
  browser->bury(std::exchange(connection_->on_message, to_handler<Target>(std::move(handler))));
}

void WebSocket::on_error(std::function<void(Error)> handler) {
  if (!connection_) return;
  browser->bury(std::exchange(connection_->on_error,
                              to_handler<std::function<void(Error)>>(std::move(handler))));
}

void WebSocket::on_close(std::function<void(const CloseEvent&)> handler) {
  if (!connection_) return;
  using Target = std::function<void(const CloseEvent&)>;
  browser->bury(std::exchange(connection_->on_close, to_handler<Target>(std::move(handler))));
}

/// Data is exact: text that is not UTF-8 is refused before it is sent. Longer text is checked only
/// after the engine was asked whether it still sends.
WebSocket::Result WebSocket::send(std::string_view text) {
  if (!connection_) return unexpected(Error::no_connection);
  if (connection_->state != ReadyState::open) return unexpected(connection_->why_not_open());
  const bool is_valid = oracle::is_utf8(text);
  const bool is_short = text.size() < 32;
  if (is_short && !is_valid) return unexpected(Error::invalid_utf8);
  if (connection_->engine_state <= 1 && !is_valid) return unexpected(Error::invalid_utf8);
  return browser->sends(*connection_, "send text " + std::string(text));
}

WebSocket::Result WebSocket::send(std::span<const std::byte> bytes) {
  if (!connection_) return unexpected(Error::no_connection);
  if (connection_->state != ReadyState::open) return unexpected(connection_->why_not_open());
  return browser->sends(*connection_, "send binary " + hex(bytes));
}

/// After the peer's Close frame an engine would drop the message silently.
WebSocket::Result Browser::sends(Connection& connection, std::string call) {
  if (connection.engine_state > 1) {
    begins_to_close(connection);
    return unexpected(Error::already_closing);
  }
  calls_.push_back(std::move(call));
  connection.in_call = true;
  if (behaviour_.ends_inside_send) engine_closes(connection, {});
  connection.in_call = false;
  if (behaviour_.throws_from_send) return unexpected(Error::browser_exception);
  return {};
}

WebSocket::Result WebSocket::close(int code, std::string_view reason) {
  if (!connection_) return unexpected(Error::no_connection);
  if (const auto refused = oracle::refuse_close(code, reason)) return unexpected(*refused);
  if (connection_->state == ReadyState::connecting) {
    browser->gives_up(*connection_, ReadyState::closing, Error::aborted);
    return {};
  }
  if (connection_->state != ReadyState::open) return unexpected(connection_->why_not_open());
  return browser->closes(*connection_, "close " + std::to_string(code) + " " + std::string(reason));
}

/// If the engine refuses a close, the connection stays open, unless it ended meanwhile.
WebSocket::Result Browser::closes(Connection& connection, std::string call) {
  begins_to_close(connection);
  calls_.push_back(std::move(call));
  if (!behaviour_.throws_from_close) connection.engine_state = 2;
  connection.in_call = true;
  if (behaviour_.ends_inside_close || behaviour_.fails_inside_close) engine_fails(connection);
  if (behaviour_.ends_inside_close) engine_closes(connection, {});
  connection.in_call = false;
  if (!behaviour_.throws_from_close) return {};
  if (connection.state == ReadyState::closing) {
    connection.state = ReadyState::open;
    connection.ending.reset();
  }
  return unexpected(Error::browser_exception);
}

ReadyState WebSocket::ready_state() const {
  return connection_ ? connection_->state : ReadyState::closed;
}

std::uint64_t WebSocket::buffered_amount() const {
  return connection_ ? static_cast<std::uint64_t>(connection_->buffered_amount) : 0;
}

std::string WebSocket::url() const { return connection_ ? connection_->url : ""; }

std::string WebSocket::protocol() const { return connection_ ? connection_->protocol : ""; }

std::string WebSocket::extensions() const { return connection_ ? connection_->extensions : ""; }

}  // namespace model
