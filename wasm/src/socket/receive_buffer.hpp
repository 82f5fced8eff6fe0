#pragma once

// Where received messages are written: one buffer for each thread, which is kept from event to event, so that a warm
// program allocates nothing for a message. A handler may receive another message while it runs.

#include <cstddef>

#include <hawser/detail/message_buffer.hpp>
#include <hawser/detail/ring.hpp>

namespace hawser::receive_buffer {

/// Counts the sockets of this thread. The buffer is freed with the last one.
void add_socket() noexcept;
void remove_socket() noexcept;

/// A place for `size` bytes that stays as it is through the event that comes next, with the first `kept` bytes of
/// the place given before; null if there is no memory.
std::byte* reserve(std::size_t size, std::size_t kept) noexcept;

/// The event that comes next has its data at `place`, which is not of those that `reserve` gives.
void use(std::byte* place) noexcept;

/// How many bytes the place given last has for the next event; 0 if it is in use, or if this thread has readers who
/// choose the place of a message.
int room() noexcept;

/// This thread has such a reader as long as `reader` is in the ring that it joins here.
void ask_for_each(detail::Link& reader);

/// Gives the data of the event now running, `size` bytes, to its reader: the place where it is, if that has no more
/// than `tolerated_waste` bytes beyond it, or a copy. Null if there is no memory.
detail::MessageBuffer take(const std::byte* data, std::size_t size, std::size_t tolerated_waste) noexcept;

/// Nobody reads the data of the event now running any more: its memory is free at once.
void discard(const std::byte* data) noexcept;

/// The place that the event now running was given.
const std::byte* reserved() noexcept;

}  // namespace hawser::receive_buffer
