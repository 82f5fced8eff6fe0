#pragma once

// Reads and writes the NATS protocol
// (https://docs.nats.io/reference/reference-protocols/nats-protocol): lines, some of them followed
// by a payload. It does no I/O.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct NatsMessage {
  std::string subject;
  std::string reply;  // the subject to answer to; empty if no answer is expected
  std::string payload;
};

/// An operation from the server.
struct NatsOperation {
  enum class Kind : std::uint8_t { info, message, ping, pong, ok, error };

  Kind kind;
  std::string text = {};  // of an info (as JSON) or an error
  std::uint64_t sid = 0;  // the number of the subscription that a message is for
  NatsMessage message = {};
};

/// Whether `subject` can be published to or, with wildcards, subscribed to. The server would read a
/// subject with a space in it as two words.
inline bool is_nats_subject(std::string_view subject, bool can_have_wildcards) {
  const auto is_good = [&](char c) {
    const bool is_wildcard = c == '*' || c == '>';
    return static_cast<unsigned char>(c) > ' ' && c != 0x7f && (can_have_wildcards || !is_wildcard);
  };
  const bool has_empty_token =
      subject.empty() || subject.front() == '.' || subject.back() == '.' || subject.contains("..");
  return !has_empty_token && std::ranges::all_of(subject, is_good);
}

/// Parses the server's bytes, which arrive in pieces of any size, into operations.
class NatsParser {
 public:
  /// The largest `max_payload` that nats-server allows.
  static constexpr std::size_t max_payload = 64 << 20;
  static constexpr std::size_t max_line = 64 << 10;

  void feed(std::string_view bytes) {
    unread_.erase(0, begin_);
    begin_ = 0;
    unread_ += bytes;
  }

  /// Returns the next operation if it is complete. Returns an error, as a sentence, if the bytes
  /// are not the NATS protocol. No operation can be found after that.
  std::expected<std::optional<NatsOperation>, std::string> next() {
    const std::string_view unread = std::string_view(unread_).substr(begin_);
    const auto end = unread.find("\r\n");
    if (end == std::string_view::npos) {
      if (unread.size() > max_line) return refuse("an endless line", unread);
      return std::nullopt;
    }
    const std::string_view line = unread.substr(0, end);
    const std::string_view rest = unread.substr(end + 2);
    const auto words = split(line);
    const std::string_view name = words.empty() ? std::string_view() : words[0];
    if (name == "MSG") return next_message(line, words, rest);

    begin_ += end + 2;
    using enum NatsOperation::Kind;
    if (name == "PING") return NatsOperation{ping};
    if (name == "PONG") return NatsOperation{pong};
    if (name == "+OK") return NatsOperation{ok};
    if (name == "INFO") return NatsOperation{info, after(line, name)};
    if (name == "-ERR") return NatsOperation{error, unquote(after(line, name))};
    return refuse("an unknown operation", line);
  }

 private:
  using Words = std::vector<std::string_view>;

  /// Parses MSG SUBJECT SID [REPLY] SIZE, followed by SIZE bytes.
  std::expected<std::optional<NatsOperation>, std::string> next_message(std::string_view line,
                                                                        const Words& words,
                                                                        std::string_view rest) {
    if (words.size() < 4 || words.size() > 5) return refuse("a message with a wrong header", line);
    const auto sid = number(words[2]);
    const auto payload_size = number(words.back());
    if (!sid || !payload_size) return refuse("a message with a wrong header", line);
    if (*payload_size > max_payload) return refuse("a message that is too large", line);
    const auto size = static_cast<std::size_t>(*payload_size);
    if (rest.size() < size + 2) return std::nullopt;
    if (rest.substr(size, 2) != "\r\n")
      return refuse("a message whose size differs from its header", line);
    begin_ += line.size() + 2 + size + 2;
    return NatsOperation{.kind = NatsOperation::Kind::message,
                         .sid = *sid,
                         .message = {.subject = std::string(words[1]),
                                     .reply = std::string(words.size() == 5 ? words[3] : ""),
                                     .payload = std::string(rest.substr(0, size))}};
  }

  static std::unexpected<std::string> refuse(std::string_view what, std::string_view bytes) {
    std::string shown(bytes.substr(0, 40));
    std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, '?');
    return std::unexpected("The server does not speak NATS: it sent " + std::string(what) + ", \"" +
                           shown + "\".");
  }

  static Words split(std::string_view line) {
    Words words;
    while (true) {
      const auto begin = line.find_first_not_of(" \t");
      if (begin == std::string_view::npos) return words;
      line.remove_prefix(begin);
      const auto size = std::min(line.find_first_of(" \t"), line.size());
      words.push_back(line.substr(0, size));
      line.remove_prefix(size);
    }
  }

  static std::string after(std::string_view line, std::string_view name) {
    line.remove_prefix(static_cast<std::size_t>(name.data() - line.data()) + name.size());
    const auto begin = line.find_first_not_of(" \t");
    return std::string(begin == std::string_view::npos ? "" : line.substr(begin));
  }

  static std::string unquote(std::string text) {
    if (text.size() > 1 && text.front() == '\'' && text.back() == '\'')
      return text.substr(1, text.size() - 2);
    return text;
  }

  static std::optional<std::uint64_t> number(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  }

  std::string unread_;
  std::size_t begin_ = 0;  // the first byte that has not been parsed
};
