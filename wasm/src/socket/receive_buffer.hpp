#pragma once

// Where received messages are written: one buffer for each thread, which is kept from event to event, so that a warm
// program allocates nothing for a message. A handler may receive another message while it runs.

#include <cstddef>
#include <span>

#include <hawser/detail/message_buffer.hpp>
#include <hawser/detail/ring.hpp>

namespace hawser::receive_buffer {

/// Counts the sockets of this thread. The buffer is freed with the last one.
void add_socket() noexcept;
void remove_socket() noexcept;

/// Memory for `size` bytes until the next event has returned, with a copy of `begun`, which may be here already. Null if
/// there is no memory.
std::byte* reserve(std::size_t size, std::span<const std::byte> begun) noexcept;

/// How many bytes of the next message the other side may write to `data`, the last message's memory, without asking.
/// 0 if that is in use or gone, or if this thread has readers who choose where a message goes.
int room(const std::byte* data) noexcept;

/// This thread has such a reader as long as `reader` is in the ring that it joins here.
void ask_for_each(detail::Link& reader);

/// Gives the data of the event now running, `size` bytes, to its reader: the place where it is, if that has no more
/// than `tolerated_waste` bytes beyond it, or a copy. Null if there is no memory.
detail::MessageBuffer take(const std::byte* data, std::size_t size, std::size_t tolerated_waste) noexcept;

/// Nobody reads the data of the event now running any more: its memory is free at once.
void discard(const std::byte* data) noexcept;

}  // namespace hawser::receive_buffer
