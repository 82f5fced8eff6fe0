#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hawser {

/// The two kinds of message that RFC 6455 §5.6 knows.
enum class MessageType : std::uint8_t { text, binary };

/// The identifier of the value, NUL-terminated. "unknown" for a number that is no value.
constexpr const char* name(MessageType type) noexcept {
  switch (type) {
    case MessageType::text: return "text";
    case MessageType::binary: return "binary";
  }
  return "unknown";
}

/// What a binary message is as a JavaScript value (WHATWG WebSockets §3.1).
enum class BinaryType : std::uint8_t { blob, arraybuffer };

/// A received message, as a view: its data lives until the handler that got it returns. Copy what you keep.
///
/// Text is valid UTF-8, exact to the byte, and may contain U+0000; it is not NUL-terminated.
class Message {
 public:
  Message(MessageType type, std::span<const std::byte> bytes) noexcept : bytes_(bytes), type_(type) {}

  MessageType type() const noexcept { return type_; }
  bool is_text() const noexcept { return type_ == MessageType::text; }

  /// The payload, of either type. A message may be empty.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// The payload as characters: for a text message its UTF-8, for a binary one its bytes as they are.
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  std::span<const std::byte> bytes_;
  MessageType type_;
};

}  // namespace hawser
