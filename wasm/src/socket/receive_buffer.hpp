#pragma once

// The memory for received messages. Each thread reuses one buffer from event to event, so that a
// warm program allocates nothing for a message. Another message may arrive while a handler reads
// the first one.

#include <cstddef>

#include <hawser/detail/message_buffer.hpp>
#include <hawser/detail/ring.hpp>

namespace hawser::receive_buffer {

/// Counts the sockets of this thread. The buffer is freed with the last one.
void add_socket() noexcept;
void remove_socket() noexcept;

/// Returns memory for `size` bytes that is valid until the next event has returned. It starts with
/// a copy of the `kept` bytes at `begun`, which may already be in this buffer. Returns null if
/// there is no memory.
std::byte* reserve(std::size_t size, const std::byte* begun = nullptr,
                   std::size_t kept = 0) noexcept;

/// The room in `data`, the memory of the last message. The other side may write up to this many
/// bytes of the next message there without calling reserve. Returns 0 if that memory is in use or
/// gone, or if a reader of this thread selects where messages go.
int room(const std::byte* data) noexcept;

/// Adds a reader that selects where messages go, until `reader` leaves the ring that it joins here.
void ask_for_each(detail::Link& reader);

/// Passes the current event's message to a reader whose buffer `into` is empty. Moves the memory
/// itself if it is at most `tolerated_waste` bytes larger than the message, and otherwise copies
/// the message. Returns false if there is no memory.
bool take(detail::MessageBuffer& into, const std::byte* data, std::size_t size,
          std::size_t tolerated_waste) noexcept;

/// Frees the memory of the current event's message at once, because nothing reads it any more.
void discard(const std::byte* data) noexcept;

}  // namespace hawser::receive_buffer
