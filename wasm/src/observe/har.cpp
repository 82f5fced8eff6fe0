// Exports a recording in the HTTP Archive format (http://www.softwareishard.com/blog/har-12-spec/),
// with WebSocket messages in the form that Chrome's developer tools use.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <hawser/error.hpp>
#include <hawser/version.hpp>

#include "../socket/utf8.hpp"
#include "recording.hpp"

namespace hawser::detail {

namespace {

std::string quote(std::string_view text) {
  const bool is_valid = is_utf8(text);  // the app's `redact` may write anything
  std::string json = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::string_view rest = text.substr(i);
    if (byte == '"' || byte == '\\') {
      json += '\\';
      json += text[i];
    } else if (byte < 0x20 || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      json += escaped;
    } else if (byte >= 0x80 && !is_valid) {
      json += "\\ufffd";
    } else if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) {
      // Older JavaScript engines treat these two as line ends.
      json += rest[2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      json += text[i];
    }
  }
  return json + '"';
}

std::string base64(std::string_view data) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, data.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < count ? static_cast<unsigned char>(data[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= count ? digits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

/// Removes a partial character at the end, where a long message was cut.
std::string_view whole_characters(std::string_view text) {
  std::string_view whole = text;
  for (int cut = 0; cut < 4 && !is_utf8(whole); ++cut)
    whole = whole.substr(0, whole.size() - std::min<std::size_t>(1, whole.size()));
  return is_utf8(whole) ? whole : text;
}

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// Formats a time as ISO 8601 in UTC.
std::string date(double since_1970) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(static_cast<std::int64_t>(since_1970))};
  const auto day = floor<days>(time);
  const year_month_day calendar(day);
  const hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(calendar.year()),
      static_cast<unsigned>(calendar.month()), static_cast<unsigned>(calendar.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

std::string pair(std::string_view name, std::string_view value) {
  return "{\"name\":" + quote(name) + ",\"value\":" + quote(value) + "}";
}

std::string headers(std::string_view protocol, std::string_view extensions) {
  std::string json = "[";
  if (!protocol.empty()) json += pair("Sec-WebSocket-Protocol", protocol);
  if (!extensions.empty())
    json += (json.size() > 1 ? "," : "") + pair("Sec-WebSocket-Extensions", extensions);
  return json + "]";
}

std::string query_of(std::string_view url) {
  std::string json;
  const std::size_t start = url.find('?');
  std::string_view rest =
      start == std::string_view::npos ? std::string_view() : url.substr(start + 1);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    rest = rest.substr(std::min(rest.size(), one.size() + 1));
    const std::size_t equals = std::min(one.find('='), one.size());
    json += (json.empty() ? "" : ",") +
            pair(one.substr(0, equals), one.substr(std::min(one.size(), equals + 1)));
  }
  return "[" + json + "]";
}

std::string message(const RecordedEvent& event, double epoch) {
  const bool is_text = event.seen.message_type == MessageType::text;
  const bool is_cut = event.data.size() < event.seen.size;
  const std::string data = is_text ? quote(is_cut ? whole_characters(event.data) : event.data)
                                   : quote(base64(event.data));
  const std::string size = is_cut ? ",\"_size\":" + std::to_string(event.seen.size) : "";
  const char* const type = event.seen.type == ObservationType::sent ? "send" : "receive";
  return std::string("{\"type\":\"") + type +
         "\",\"time\":" + number((epoch + event.seen.time) / 1000, 6) +
         ",\"opcode\":" + (is_text ? "1" : "2") + ",\"data\":" + data + size + "}";
}

std::string close(const RecordedEvent& event) {
  return "{\"code\":" + std::to_string(event.seen.code) + ",\"reason\":" + quote(event.reason) +
         ",\"wasClean\":" + (event.seen.was_clean ? "true" : "false") +
         ",\"error\":" + (event.seen.error ? quote(name(*event.seen.error)) : "null") + "}";
}

std::string entry(const Recording& recording, std::uint64_t id, const RecordedSocket& socket) {
  std::string messages;
  std::string end = "null";
  double last = socket.started;
  for (const RecordedEvent& event : recording.events) {
    if (event.seen.socket != id) continue;
    last = event.seen.time;
    if (event.seen.type == ObservationType::close) end = close(event);
    if (event.seen.type != ObservationType::sent && event.seen.type != ObservationType::received)
      continue;
    messages += (messages.empty() ? "" : ",") + message(event, recording.epoch);
  }
  // The socket was open before recording started: its URL is unknown, but tools require one.
  const std::string_view url =
      socket.url.empty() ? "ws://unknown.invalid/" : std::string_view(socket.url);
  const std::string version = "\"httpVersion\":\"HTTP/1.1\",\"cookies\":[],";
  const std::string time = number(std::max(0.0, last - socket.started), 3);
  const std::string status = socket.was_open
                                 ? "\"status\":101,\"statusText\":\"Switching Protocols\","
                                 : "\"status\":0,\"statusText\":\"\",";
  return "{\"startedDateTime\":\"" + date(recording.epoch + socket.started) +
         "\",\"time\":" + time + ",\"request\":{\"method\":\"GET\",\"url\":" + quote(url) + "," +
         version + "\"headers\":" + headers(socket.protocols, {}) +
         ",\"queryString\":" + query_of(url) +
         ",\"headersSize\":-1,\"bodySize\":0},\"response\":{" + status + version +
         "\"headers\":" + headers(socket.protocol, socket.extensions) +
         ",\"content\":{\"size\":0,\"mimeType\":\"x-unknown\"},\"redirectURL\":\"\","
         "\"headersSize\":-1,\"bodySize\":-1}"
         ","
         "\"cache\":{},\"timings\":{\"send\":0,\"wait\":0,\"receive\":" +
         time + "},\"_resourceType\":\"websocket\",\"_socket\":" + std::to_string(id) +
         ",\"_session\":" + std::to_string(socket.session) + ",\"_close\":" + end +
         ",\"_webSocketMessages\":[" + messages + "]}";
}

}  // namespace

std::string to_har(const Recording& recording) {
  std::string entries;
  for (const auto& [id, socket] : recording.sockets) {
    entries += (entries.empty() ? "\n" : ",\n") + entry(recording, id, socket);
  }
  return "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"hawser\",\"version\":" +
         quote(HAWSER_VERSION_STRING) + "},\"pages\":[],\"entries\":[" + entries + "]}}\n";
}

}  // namespace hawser::detail
