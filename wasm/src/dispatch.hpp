#pragma once

// What makes it safe for a handler to do anything while it runs: replace itself, destroy its socket, receive
// another message.

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include <hawser/handler.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/ring.hpp>

namespace hawser::dispatch {

/// Marks the beginning and the end of an event. What is retired in between lives until the outermost end.
///
/// A pair of calls and not a guard object: where a handler throws, no destructor can be relied on, and
/// `hawser_on_throw` makes the call to `leave` instead.
void enter() noexcept;
void leave() noexcept;

/// Destroys `object` now, or, while any handler runs, when the last one has returned.
void retire(detail::RetirablePointer object) noexcept;

/// Puts `by` in the place of `handler`, which may run, and may hold the last owner of its socket: it goes last.
template <typename Signature>
void replace(Handler<Signature>& handler, Handler<Signature>&& by) noexcept {
  auto old = handler.release();
  handler = std::move(by);
  retire(std::move(old));
}

/// Counts the sockets of this thread. The place below is kept from event to event, so that a warm program allocates
/// nothing for a message, and is freed with the last socket.
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
detail::Place take(const std::byte* data, std::size_t size, std::size_t tolerated_waste) noexcept;

/// Nobody reads the data of the event now running any more: its memory is free at once.
void discard(const std::byte* data) noexcept;

/// The place that the event now running was given.
const std::byte* reserved() noexcept;

}  // namespace hawser::dispatch
