#pragma once

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

#include <hawser/detail/platform.hpp>

namespace hawser {

/// The type of a message (https://www.rfc-editor.org/rfc/rfc6455#section-5.6).
enum class MessageType : std::uint8_t {
  text,    ///< UTF-8 text.
  binary,  ///< Arbitrary bytes.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(MessageType type) noexcept {
  switch (type) {
    case MessageType::text: return "text";
    case MessageType::binary: return "binary";
  }
  return "unknown";
}

/// The JavaScript type of binary messages
/// (https://websockets.spec.whatwg.org/#dom-websocket-binarytype).
enum class BinaryType : std::uint8_t {
  blob,         ///< A `Blob`.
  arraybuffer,  ///< An `ArrayBuffer`.
};

/// Bytes: a contiguous range of one-byte values.
///
/// Examples are `std::vector<std::uint8_t>`, `std::span<char>` and `std::array<unsigned char, 4>`.
/// Types that convert to `std::string_view` are text instead. Ranges of `bool` and `char8_t` are
/// neither.
template <typename T>
concept Bytes = std::ranges::contiguous_range<const T> && std::ranges::sized_range<const T> &&
                sizeof(std::ranges::range_value_t<const T>) == 1 &&
                std::is_trivially_copyable_v<std::ranges::range_value_t<const T>> &&
                !std::is_same_v<std::ranges::range_value_t<const T>, bool> &&
                !std::is_same_v<std::ranges::range_value_t<const T>, char8_t> &&
                !std::is_convertible_v<const T&, std::string_view>;

/// A message, as a view of bytes that it does not own.
///
/// A message that a handler receives is valid until the handler returns. Copy it to keep it.
///
/// Received text is valid UTF-8, exact to the byte. It may contain U+0000 and is not
/// NUL-terminated.
class Message {
 public:
  /// Creates a view of `bytes`, which must outlive it. Text must be valid UTF-8 to be sent.
  Message(MessageType type, std::span<const std::byte> bytes) noexcept
      : bytes_(bytes), type_(type) {}

  /// Creates a text message: a view of `text`, which must be valid UTF-8 to be sent.
  static Message text(std::string_view text) noexcept {
    return {MessageType::text, std::as_bytes(std::span(text))};
  }

  /// Creates a binary message: a view of `bytes`.
  template <Bytes Range>
  static Message binary(const Range& bytes) noexcept {
    return {MessageType::binary,
            std::as_bytes(std::span(std::ranges::data(bytes), std::ranges::size(bytes)))};
  }

  /// The type of the message.
  MessageType type() const noexcept { return type_; }

  /// Whether it is a text message.
  bool is_text() const noexcept { return type_ == MessageType::text; }

  /// The payload, whatever the type. It may be empty.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// The payload as characters: UTF-8 for text, the unchanged bytes for binary.
  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  /// The size of the payload, in bytes.
  std::size_t size() const noexcept { return bytes_.size(); }

  /// Whether the payload is empty.
  bool empty() const noexcept { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
  MessageType type_;
};

}  // namespace hawser
