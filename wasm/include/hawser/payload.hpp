#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

#include <hawser/message.hpp>

namespace hawser {

/// Text: a `std::string`, a `std::string_view`, a literal.
template <typename T>
concept Text = std::convertible_to<const T&, std::string_view>;

/// What converts to a `Message`: an `OwnedMessage`, a `KeptMessage`.
template <typename T>
concept MessageLike = std::convertible_to<const T&, Message>;

/// Everything that `send` takes.
template <typename T>
concept Sendable = Text<T> || Bytes<T> || MessageLike<T>;

/// The parameter of every `send`: a view of text, bytes or a message. Text is sent as a text message, anything else
/// that is a contiguous range of one-byte values as a binary one. Nothing is copied.
///
///     socket.send("hello");                        // text: also std::string and std::string_view
///     socket.send(std::vector<std::uint8_t>{1});   // binary: also std::array, std::span, of char, std::byte, …
///     socket.send(message);                        // what was received, as it is
///
/// It exists for the length of the call: an application never names it. A string literal ends at its first U+0000:
/// write `"a\0b"sv` to send one.
class Payload {
 public:
  Payload(const Message& message) noexcept : message_(message) {}

  template <Text T>
  Payload(const T& text) noexcept : message_(Message::text(text)) {}

  template <Bytes T>
  Payload(const T& bytes) noexcept : message_(Message::binary(bytes)) {}

  template <MessageLike T>
  Payload(const T& message) noexcept : message_(message) {}

  /// Everything else is a mistake, which this names.
  template <typename T>
    requires(!Sendable<T>)
  Payload(const T&) noexcept : message_(MessageType::binary, {}) {
    static_assert(Sendable<T> || !std::ranges::range<T> || std::ranges::contiguous_range<const T>,
                  "hawser: these values are not contiguous in memory. Copy them into a std::vector to send them.");
    static_assert(Sendable<T> || !std::ranges::contiguous_range<const T>,
                  "hawser: a message has one-byte values: char, unsigned char, std::uint8_t, std::byte. Use "
                  "std::as_bytes(std::span(values)) to send the bytes of larger ones.");
    static_assert(Sendable<T> || std::ranges::range<T>,
                  "hawser: this can't be sent. Send text (what converts to std::string_view), a contiguous range of "
                  "one-byte values, or a hawser::Message.");
  }

  const Message& message() const noexcept { return message_; }

 private:
  Message message_;
};

}  // namespace hawser
