#pragma once

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

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

/// Bytes: a contiguous range of one-byte values, of any type in which programs keep bytes. `std::vector<std::uint8_t>`,
/// `std::span<char>` and `std::array<unsigned char, 4>` are some. Not what converts to `std::string_view`, which is text.
template <typename T>
concept Bytes =
    std::ranges::contiguous_range<const T> && std::ranges::sized_range<const T> &&
    sizeof(std::ranges::range_value_t<const T>) == 1 &&
    std::is_trivially_copyable_v<std::ranges::range_value_t<const T>> &&
    !std::is_same_v<std::ranges::range_value_t<const T>, bool> &&
    !std::is_same_v<std::ranges::range_value_t<const T>, char8_t> && !std::is_convertible_v<const T&, std::string_view>;

/// A message, as a view of someone else's bytes: it owns nothing. A received one lives until the handler that got it
/// returns. Copy what you keep.
///
/// Received text is valid UTF-8, exact to the byte, and may contain U+0000. It is not NUL-terminated.
class Message {
 public:
  Message(MessageType type, std::span<const std::byte> bytes) noexcept : bytes_(bytes), type_(type) {}

  /// A text message with this text, which must be UTF-8 to be sent.
  static Message text(std::string_view text) noexcept { return {MessageType::text, std::as_bytes(std::span(text))}; }

  /// A binary message with these bytes.
  template <Bytes Range>
  static Message binary(const Range& bytes) noexcept {
    return {MessageType::binary, std::as_bytes(std::span(std::ranges::data(bytes), std::ranges::size(bytes)))};
  }

  MessageType type() const noexcept { return type_; }
  bool is_text() const noexcept { return type_ == MessageType::text; }

  /// The payload, of either type. A message may be empty.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// The payload as characters: the UTF-8 of a text message, the unchanged bytes of a binary one.
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

  /// Bytes of payload.
  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
  MessageType type_;
};

}  // namespace hawser
