#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

#include <hawser/message.hpp>

namespace hawser {

/// Text: a `std::string`, a `std::string_view` or a literal.
template <typename T>
concept Text = std::convertible_to<const T&, std::string_view>;

/// A `Message`, or a type that converts to one, such as `OwnedMessage` and `KeptMessage`.
template <typename T>
concept MessageLike = std::convertible_to<const T&, Message>;

/// Everything that `send` accepts.
template <typename T>
concept Sendable = Text<T> || Bytes<T> || MessageLike<T>;

/// The parameter of every `send`: text, bytes or a message.
///
///     socket.send("hello");                       // text: also std::string and std::string_view
///     socket.send(std::vector<std::uint8_t>{1});  // binary: also std::span<char>, std::byte, ...
///     socket.send(message);                       // a message, with its type
///
/// Text is sent as a text message. Any other contiguous range of one-byte values is sent as a
/// binary message. A literal ends at its first U+0000: write `"a\0b"sv` to send that.
///
/// A payload is a view: it copies nothing and must not outlive the call. You don't need to name it.
class Payload {
 public:
  /// Views a message, text or bytes.
  Payload(const Message& message) noexcept : message_(message) {}

  template <Text T>
  Payload(const T& text) noexcept : message_(Message::text(text)) {}

  template <Bytes T>
  Payload(const T& bytes) noexcept : message_(Message::binary(bytes)) {}

  template <MessageLike T>
  Payload(const T& message) noexcept : message_(message) {}

  /// Rejects every other type at compile time, and names the mistake.
  template <typename T>
    requires(!Sendable<T>)
  Payload(const T&) noexcept : message_(MessageType::binary, {}) {
    static_assert(Sendable<T> || !std::ranges::range<T> || std::ranges::contiguous_range<const T>,
                  "hawser: these values are not contiguous in memory. Copy them into a std::vector "
                  "to send them.");
    static_assert(
        Sendable<T> || !std::ranges::contiguous_range<const T>,
        "hawser: a message has one-byte values: char, unsigned char, std::uint8_t, std::byte. Use "
        "std::as_bytes(std::span(values)) to send the bytes of larger ones.");
    static_assert(Sendable<T> || std::ranges::range<T>,
                  "hawser: this can't be sent. Send text (what converts to std::string_view), a "
                  "contiguous range of "
                  "one-byte values, or a hawser::Message.");
  }

  /// The message to send.
  const Message& message() const noexcept { return message_; }

 private:
  Message message_;
};

}  // namespace hawser
