// The C++ half of the page's one socket, and an example to copy from. It owns the connection and
// makes all decisions. The other half, socket.mjs, passes the user's input unchanged, and shows
// what this reports.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

namespace {

using emscripten::val;

// The listeners that the page passed to `listen`.
val page = val::undefined();

// Empty until the first successful `connect`. Calls on it fail with an error that says so.
hawser::WebSocket socket;

/// Passes the name too, because in other languages than English, the page has its own texts for
/// errors.
void report(const char* event, hawser::Error why) {
  page.call<void>(event, std::string(name(why)), std::string(describe(why)));
}

void refuse(hawser::Error why) { report("refused", why); }

/// The beginning of a text. Never cuts inside a character, because the text is passed as UTF-8.
std::string preview(std::string_view text) {
  constexpr std::size_t most = 400;
  if (text.size() <= most) return std::string(text);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  auto end = most;
  while (end > 0 && continues(text[end])) --end;
  return std::string(text.substr(0, end)) + "…";
}

/// The first bytes in hexadecimal.
std::string preview(std::span<const std::byte> bytes) {
  constexpr std::size_t most = 32;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const auto byte : bytes.first(std::min(bytes.size(), most))) {
    if (!hex.empty()) hex += ' ';
    hex += digits[std::to_integer<std::size_t>(byte >> 4)];
    hex += digits[std::to_integer<std::size_t>(byte & std::byte{0x0F})];
  }
  return bytes.size() > most ? hex + " …" : hex;
}

/// Reports a message to the page. `event` is "sent" or "received".
void show(const char* event, const hawser::Message& message) {
  const std::string type = message.is_text() ? "text" : "binary";
  const auto content = message.is_text() ? preview(message.text()) : preview(message.bytes());
  page.call<void>(event, type, message.bytes().size(), content);
}

/// Splits a list such as "feed.v2, feed.v1" into subprotocols. hawser checks whether they are
/// valid.
std::vector<std::string> split(std::string_view list) {
  const auto trim = [](std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(' '), text.size());
    return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
  };
  if (trim(list).empty()) return {};
  std::vector<std::string> parts;
  for (const auto part : std::views::split(list, ','))
    parts.emplace_back(trim(std::string_view(part)));
  return parts;
}

/// Parses the close code that the user typed. It is passed as text, because Embind would round a
/// number, or wrap it around to a valid one. 0 is no valid code, so it stands for anything that is
/// not a number.
int parse_close_code(std::string_view text) {
  if (text.empty()) return hawser::close_code::normal_closure;
  int code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  return error == std::errc() && end == text.data() + text.size() ? code : 0;
}

void listen(val listeners) { page = std::move(listeners); }

void connect(const std::string& url, const std::string& protocols) {
  auto opened = hawser::WebSocket::open(url, {.protocols = split(protocols)});
  if (!opened) return refuse(opened.error());

  // Replaces an existing connection: its destructor closes it, and its handlers are not called any
  // more.
  if (socket.ready_state() != hawser::ReadyState::closed) page.call<void>("replaced");
  socket = std::move(*opened);
  page.call<void>("connecting", preview(socket.url()));

  // Events start only after this function has returned, so these handlers miss none.
  socket.on_open([] {
    page.call<void>("opened", preview(socket.url()), socket.protocol(), socket.extensions());
  });
  socket.on_message([](const hawser::Message& message) { show("received", message); });
  socket.on_error([](hawser::Error why) { report("failed", why); });
  socket.on_close([](const hawser::CloseEvent& end) {
    const auto error = end.error ? std::string(name(*end.error)) : std::string();
    const auto why = end.error ? std::string(describe(*end.error)) : std::string();
    page.call<void>("closed", end.code, end.reason, end.was_clean, error, why);
  });
}

void send_text(const std::string& text) {
  const auto sent = socket.send(text);
  if (!sent) return refuse(sent.error());
  show("sent", {hawser::MessageType::text, std::as_bytes(std::span(text))});
}

void send_binary(const val& uint8_array) {
  const auto data = emscripten::convertJSArrayToNumberVector<std::uint8_t>(uint8_array);
  const auto bytes = std::as_bytes(std::span(data));
  const auto sent = socket.send(bytes);
  if (!sent) return refuse(sent.error());
  show("sent", {hawser::MessageType::binary, bytes});
}

void close(const std::string& code, const std::string& reason) {
  const auto closing = socket.close(parse_close_code(code), reason);
  if (!closing) return refuse(closing.error());
  page.call<void>("closing");
}

int ready_state() { return std::to_underlying(socket.ready_state()); }

/// A double, because a 64-bit integer would reach the page as a BigInt.
double buffered_amount() { return static_cast<double>(socket.buffered_amount()); }

}  // namespace

EMSCRIPTEN_BINDINGS(socket) {
  emscripten::function("supported", hawser::supported);
  emscripten::function("listen", listen);
  emscripten::function("connect", connect);
  emscripten::function("sendText", send_text);
  emscripten::function("sendBinary", send_binary);
  emscripten::function("close", close);
  emscripten::function("readyState", ready_state);
  emscripten::function("bufferedAmount", buffered_amount);
}
