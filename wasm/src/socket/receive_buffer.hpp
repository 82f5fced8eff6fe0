#pragma once

// Where received messages are written. Each thread keeps one buffer from event to event, so that a warm program allocates
// nothing for a message. Another message may arrive while a handler reads the first one.

#include <cstddef>

#include <hawser/detail/message_buffer.hpp>
#include <hawser/detail/ring.hpp>

namespace hawser::receive_buffer {

/// Counts the sockets of this thread. The buffer is freed with the last one.
void add_socket() noexcept;
void remove_socket() noexcept;

/// Returns memory for `size` bytes, valid until the next event has returned, that starts with a copy of the `kept` bytes at
/// `begun`. They may be in this buffer already. Returns null if there is no memory.
std::byte* reserve(std::size_t size, const std::byte* begun = nullptr, std::size_t kept = 0) noexcept;

/// How many bytes of the next message the other side may write to `data`, the memory of the last message, without a call
/// to reserve. 0 if that memory is in use or gone, or if a reader of this thread selects where messages go.
int room(const std::byte* data) noexcept;

/// Adds such a reader, until it leaves the ring that it joins here.
void ask_for_each(detail::Link& reader);

/// Gives the message of the current event to its reader, whose buffer `into` is empty: the memory where it is, if that is
/// no more than `tolerated_waste` bytes larger, or a copy. Returns false if there is no memory.
bool take(detail::MessageBuffer& into, const std::byte* data, std::size_t size, std::size_t tolerated_waste) noexcept;

/// Frees the memory of the current event's message at once: nothing reads it any more.
void discard(const std::byte* data) noexcept;

}  // namespace hawser::receive_buffer
