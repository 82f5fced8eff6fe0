#include <hawser/recorder.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include <hawser/error.hpp>

#include "../socket/seam.hpp"
#include "recording.hpp"

namespace hawser {

namespace detail {

namespace {

double epoch_now() {
  using std::chrono::system_clock;
  const std::chrono::duration<double, std::milli> since_1970 =
      system_clock::now().time_since_epoch();
  return since_1970.count() - seam::hawser_now();
}

void append_hex(std::string& line, std::string_view data) {
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    line += "0123456789abcdef"[byte >> 4];
    line += "0123456789abcdef"[byte & 15];
  }
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      line += "\\x";
      append_hex(line, {&c, 1});
    } else {
      line += c;
    }
  }
  line += '"';
}

void append_message(std::string& line, const RecordedEvent& event) {
  if (event.seen.is_value) {
    line += " a JavaScript value";
    return;
  }
  line += std::string(" ") + name(event.seen.message_type) + " of " +
          std::to_string(event.seen.size) + " bytes";
  if (event.data.empty()) return;
  line += ' ';
  if (event.seen.message_type == MessageType::text)
    append_quoted(line, event.data);
  else
    append_hex(line, event.data);
  if (event.data.size() < event.seen.size) line += "...";
}

void append_named(std::string& line, const char* what, std::string_view text) {
  if (text.empty()) return;
  line += ' ';
  line += what;
  line += ' ';
  append_quoted(line, text);
}

void append_details(std::string& line, const RecordedEvent& event) {
  const Observation& seen = event.seen;
  switch (seen.type) {
    case ObservationType::opening:
      append_named(line, "url", event.url);
      append_named(line, "protocols", event.protocols);
      break;
    case ObservationType::open:
      append_named(line, "protocol", event.protocol);
      append_named(line, "extensions", event.extensions);
      break;
    case ObservationType::sent:
      append_message(line, event);
      line += ", buffered " + std::to_string(seen.buffered_amount);
      break;
    case ObservationType::received: append_message(line, event); break;
    case ObservationType::error:
      if (!seen.is_refusal) break;
      line += " refused:";
      append_message(line, event);
      break;
    case ObservationType::close:
      line += " " + std::to_string(seen.code) + (seen.was_clean ? " clean" : " unclean");
      append_named(line, "reason", event.reason);
      break;
    case ObservationType::state:
      line += std::string(" ") + name(seen.state) + ", attempt " + std::to_string(seen.attempt);
      if (seen.is_offline) line += ", offline";
      if (seen.is_hidden) line += ", hidden";
      if (seen.why != StopReason::none) line += std::string(", ") + name(seen.why);
      break;
    case ObservationType::retry:
      line += " in " + std::to_string(seen.delay.count()) + " ms, attempt " +
              std::to_string(seen.attempt);
      break;
    case ObservationType::drop:
      line += std::string(" from ") + name(seen.dropped_from) + ":";
      append_message(line, event);
      break;
  }
  if (seen.error) line += std::string(" ") + name(*seen.error);
}

}  // namespace

Recording::Recording(RecorderOptions with) : options(std::move(with)), epoch(epoch_now()) {}

void Recording::add(const Observation& seen) {
  RecordedEvent event{.seen = seen,
                      .url = std::string(seen.url),
                      .protocols = std::string(seen.protocols),
                      .protocol = std::string(seen.protocol),
                      .extensions = std::string(seen.extensions),
                      .reason = std::string(seen.reason),
                      .data = {reinterpret_cast<const char*>(seen.data.data()), seen.data.size()}};
  options.redact(event);
  event.seen.url = event.seen.protocols = event.seen.protocol = event.seen.extensions =
      event.seen.reason = {};
  event.seen.data = {};
  if (event.data.size() > options.max_data_bytes) event.data.resize(options.max_data_bytes);
  if (seen.socket != 0) {
    const auto [place, is_new] = sockets.try_emplace(seen.socket);
    RecordedSocket& socket = place->second;
    if (is_new) {
      socket.started = seen.time;
      socket.was_open =
          seen.type != ObservationType::opening;  // it was opened before the recorder started
    }
    socket.session = std::max(socket.session, seen.session);
    if (seen.type == ObservationType::opening) {
      socket.url = event.url;
      socket.protocols = event.protocols;
    } else if (seen.type == ObservationType::open) {
      socket.protocol = event.protocol;
      socket.extensions = event.extensions;
      socket.was_open = true;
    } else if (seen.type == ObservationType::close) {
      socket.has_ended = true;
    }
  }
  data_bytes += event.data.size();
  events.push_back(std::move(event));
  while (!events.empty() &&
         (events.size() > options.max_events || data_bytes > options.max_total_data_bytes)) {
    remove_oldest();
  }
}

void Recording::remove_oldest() {
  const RecordedEvent& oldest = events.front();
  data_bytes -= oldest.data.size();
  if (oldest.seen.type == ObservationType::close) sockets.erase(oldest.seen.socket);
  events.pop_front();
}

void Recording::clear() {
  events.clear();
  data_bytes = 0;
  std::erase_if(sockets, [](const auto& one) { return one.second.has_ended; });
}

}  // namespace detail

Recorder::Recorder(RecorderOptions options)
    : recording_(std::make_shared<detail::Recording>(std::move(options))),
      observer_(observe([held = recording_](const Observation& seen) { held->add(seen); },
                        {.max_data_bytes = recording_->options.max_data_bytes})) {}

std::size_t Recorder::size() {
  observer_.flush();
  return recording_->events.size();
}

std::string Recorder::dump() {
  observer_.flush();
  std::string lines;
  for (const RecordedEvent& event : recording_->events) {
    char time[32];
    std::snprintf(time, sizeof time, "%.3f", event.seen.time);
    lines += time;
    if (event.seen.session != 0) lines += " session " + std::to_string(event.seen.session);
    if (event.seen.socket != 0) lines += " socket " + std::to_string(event.seen.socket);
    lines += std::string(" ") + name(event.seen.type);
    detail::append_details(lines, event);
    lines += '\n';
  }
  return lines;
}

std::string Recorder::har() {
  observer_.flush();
  return detail::to_har(*recording_);
}

void Recorder::clear() {
  observer_.flush();
  recording_->clear();
}

}  // namespace hawser
