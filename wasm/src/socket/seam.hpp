#pragma once

// The seam between hawser and whatever carries its sockets: functions down, events up. In a browser shim.js
// is on the other side; in native tests a scripted one is. Plain C linkage, so that either links as it is.

#include <cstddef>

namespace hawser::seam {

/// Names a socket to the other side. Counted up from 1 and never used again, so that an old handle finds nothing; a
/// program that has opened 2^31 - 1 sockets opens no more.
using Handle = int;

/// What a call down answers. shim.js has the same numbers.
enum Status : int {
  ok = 0,
  syntax_error = 1,
  security_error = 2,
  invalid_utf8 = 3,
  closing = 4,  ///< The other side knows already that the connection is ending: nothing was sent.
  other_exception = 5,
  invalid_access_error = 6,
};

// shim.js has these two numbers, too; tests/node/seam.test.mjs compares them.

/// Text of fewer bytes must be valid when it is sent. The other side validates longer text.
inline constexpr std::size_t short_text = 32;

/// For text of fewer UTF-16 code units, the other side reserves three bytes per unit, the most that UTF-8 needs. For
/// longer text it reserves one, which is enough for ASCII, and asks again if the text needs more.
inline constexpr std::size_t fully_reserved_text = 0x4000;

/// For hawser_close: a Close frame without a code.
inline constexpr int no_code = 0;

/// A JavaScript value, as the handle that an emscripten::val has.
using Value = void*;

enum Property : int { url = 0, protocol = 1, extensions = 2 };

extern "C" {

// Down. None throws, and none takes a handle that was released.

/// Whether the environment has a WebSocket.
bool hawser_supported();

/// Begins a connection, and returns its handle, or the negated Status. Each of `protocols` ends with a comma.
/// Events name the socket by `state`, from the next turn of the event loop on.
Handle hawser_open(void* state, const char* url, std::size_t url_size, const char* protocols,
                   std::size_t protocols_size);

/// Sends. Text that is not valid UTF-8 is refused with `invalid_utf8`; of fewer than `short_text` bytes it is valid
/// already.
Status hawser_send(Handle socket, const std::byte* data, std::size_t size, bool is_text);

/// What Web APIs accept in the place of `value`, for the caller to release; null where a browser would make text of it,
/// or, and then `is_text` says so, replace something in its text.
Value hawser_to_data(Value value, bool* is_text);
void hawser_release_value(Value value);

/// The same as `hawser_send` for a string, a Blob, an ArrayBuffer or a view of one, which is in no wasm memory.
Status hawser_send_value(Handle socket, Value value);

/// Has the browser drop `value`, whose size it adds to the buffered amount: the connection is ending.
void hawser_drop_value(Handle socket, Value value);

/// From now on messages come as JavaScript values, by `hawser_on_value`.
void hawser_receive_values(Handle socket, bool as_blobs);

/// Begins the closing handshake. A null `reason` is none; what one without a code means, the browser says.
Status hawser_close(Handle socket, int code, const char* reason, std::size_t reason_size);

/// The state as the browser has it, which knows of the peer's Close frame before its close event.
int hawser_ready_state(Handle socket);

double hawser_buffered_amount(Handle socket);

/// Writes the property as UTF-8 where it fits into `capacity` bytes; returns its size either way.
std::size_t hawser_property(Handle socket, Property which, char* into, std::size_t capacity);

/// Raises `hawser_on_timer` once after `milliseconds`, instead of what an earlier call asked for.
void hawser_set_timer(Handle socket, int milliseconds);
void hawser_clear_timer(Handle socket);

/// There is no room any more, whatever `hawser_on_message` returned: the next message needs a call to reserve.
void hawser_ask_for_each();

/// Milliseconds of a clock that never goes back.
double hawser_now();

/// A number from [0, 1), each time another.
double hawser_random();

/// Raises `hawser_on_alarm` once after `milliseconds`, instead of what an earlier call asked for. One for each thread.
void hawser_set_alarm(double milliseconds);
void hawser_clear_alarm();

/// From now on raises `hawser_on_page`. Whether the browser believes that there is a network.
bool hawser_watch_page();

#ifndef __EMSCRIPTEN__
/// Calls `act` from the event loop of the thread that has the sockets. May be called from any thread.
void hawser_post(void (*act)(void*), void* argument);
#endif

/// Raises nothing more for this socket, and ends its connection if it still lives. Its properties stay.
void hawser_detach(Handle socket);

/// Detaches, and forgets the socket.
void hawser_release(Handle socket);

// Up. The other side raises these from the event loop. An engine may also raise error and close inside a call down,
// and a handler may make it raise an event before another has returned.

void hawser_on_open(void* state);

/// Where to write `size` bytes for this socket: a message, or a close reason. Null: the other side drops what it had to
/// write, and this side knows. If the data was begun elsewhere, its first `kept` bytes at `begun` are copied along.
/// The memory is good until the event that follows has returned. The call may grow wasm memory.
std::byte* hawser_reserve(void* state, std::size_t size, const std::byte* begun, std::size_t kept);

/// A message, where it was written. Returns the room there: the other side may write the next message, for any socket,
/// of up to so many bytes to the same place, without a call to reserve. That ends with the next such call, and with a
/// release. 0: it must call. (receive_buffer.hpp)
int hawser_on_message(void* state, const std::byte* data, std::size_t size, bool is_text);

/// A message for JavaScript. The value's owner is the other side, which releases it when this returns.
void hawser_on_value(void* state, Value value);

void hawser_on_error(void* state);

void hawser_on_close(void* state, int code, const std::byte* reason, std::size_t reason_size, bool was_clean);

void hawser_on_timer(void* state);

void hawser_on_alarm();

/// The page is seen or hidden, is left, came back from the back/forward cache, or the network is there or gone.
/// `is_online` is whether connections can be made: not from a page that is left.
void hawser_on_page(bool is_online, bool is_visible);

/// An event did not return, because a handler threw. Unwinding runs no destructor in code that was built
/// without exceptions, nor for an exception of JavaScript's, so the other side says so explicitly.
void hawser_on_throw();

}  // extern "C"

}  // namespace hawser::seam
