#pragma once

// The seam between hawser and the engine that owns its sockets: calls go down, events come up. In a
// browser, the other side is shim.js. In native tests, it is a scripted browser. Plain C linkage
// allows linking either.

#include <cstddef>

namespace hawser::seam {

/// Identifies a socket to the other side. Handles count up from 1 and are never reused, so an old
/// handle refers to nothing. A program can open up to 2^31 - 1 sockets.
using Handle = int;

/// The result of a call down. shim.js uses the same numbers.
enum Status : int {
  ok = 0,
  syntax_error = 1,
  security_error = 2,
  invalid_utf8 = 3,
  closing = 4,  ///< The other side knows that the connection is ending: nothing was sent.
  other_exception = 5,
  invalid_access_error = 6,
};

// shim.js also has these two numbers. tests/node/seam.test.mjs compares them.

/// Text of fewer bytes must be valid when it is sent. The other side validates longer text.
inline constexpr std::size_t short_text = 32;

/// For text of fewer UTF-16 code units, the other side reserves three bytes per unit, the most that
/// UTF-8 needs. For longer text it reserves one, which is enough for ASCII, and asks again if the
/// text needs more.
inline constexpr std::size_t fully_reserved_text = 0x4000;

/// For hawser_close: a Close frame without a code.
inline constexpr int no_code = 0;

/// A JavaScript value, as the handle of an emscripten::val.
using Value = void*;

enum Property : int { url = 0, protocol = 1, extensions = 2 };

extern "C" {

// Down. None of these throws. None accepts a handle that was released.

/// Whether the environment has a WebSocket.
bool hawser_supported();

/// Starts connecting. Returns a handle, or the negated Status. Each of `protocols` ends with a
/// comma. Events pass `state` back, from the next turn of the event loop on.
Handle hawser_open(void* state, const char* url, std::size_t url_size, const char* protocols,
                   std::size_t protocols_size);

/// Sends a message. Returns `invalid_utf8` for text that is not valid UTF-8; text of fewer than
/// `short_text` bytes must be valid already.
Status hawser_send(Handle socket, const std::byte* data, std::size_t size, bool is_text);

/// Returns a value to pass to Web APIs for `value`; the caller releases it. Returns null if a
/// browser would convert `value` to text, or if it would replace part of its text. In the second
/// case, `is_text` is true.
Value hawser_to_data(Value value, bool* is_text);
void hawser_release_value(Value value);

/// The same as `hawser_send`, for data outside of wasm memory: a string, a Blob, an ArrayBuffer or
/// a view of one.
Status hawser_send_value(Handle socket, Value value);

/// Drops `value`, because the connection is ending. The browser still adds its size to the buffered
/// amount.
void hawser_drop_value(Handle socket, Value value);

/// Makes further messages arrive as JavaScript values, through `hawser_on_value`.
void hawser_receive_values(Handle socket, bool as_blobs);

/// Starts the closing handshake. A null `reason` means none. The browser decides what a reason
/// without a code means.
Status hawser_close(Handle socket, int code, const char* reason, std::size_t reason_size);

/// The browser's state. It reflects the peer's Close frame before the close event.
int hawser_ready_state(Handle socket);

double hawser_buffered_amount(Handle socket);

/// Writes the property as UTF-8 if it fits into `capacity` bytes. Always returns its size.
std::size_t hawser_property(Handle socket, Property which, char* into, std::size_t capacity);

/// Raises `hawser_on_timer` once after `milliseconds`. Replaces an earlier timer of the socket.
void hawser_set_timer(Handle socket, int milliseconds);
void hawser_clear_timer(Handle socket);

/// Takes back the room that `hawser_on_message` returned, so that the next message needs a call to
/// reserve.
void hawser_ask_for_each();

/// Milliseconds of a clock that never goes back.
double hawser_now();

/// A random number from [0, 1).
double hawser_random();

/// Raises `hawser_on_alarm` once after `milliseconds`. Replaces an earlier alarm of this thread.
void hawser_set_alarm(double milliseconds);
void hawser_clear_alarm();

/// Starts raising `hawser_on_page`. If the page is hidden, the first one follows in a later turn.
/// Returns whether the browser reports a network.
bool hawser_watch_page();

/// Whether `hawser_start_task` may be called. It may not in a program that suspends (JSPI,
/// Asyncify), which can't do so across JavaScript.
bool hawser_may_start_tasks();

/// Calls `hawser_resume_task`. Returns the JavaScript exception that left the call, or 0.
int hawser_start_task(void* task);

/// Starts raising `hawser_on_exception`.
void hawser_watch_exceptions();

/// Writes an exception as UTF-8 text if it fits into `capacity` bytes. Always returns the size.
std::size_t hawser_exception_text(int exception, char* into, std::size_t capacity);

/// Throws an exception into the JavaScript code that called this program.
[[noreturn]] void hawser_throw_exception(int exception);

/// Forgets an exception.
void hawser_release_exception(int exception);

/// Keeps a value as an exception, and returns its number. Returns 0 if this program does not catch
/// C++ exceptions, or if the value is one.
int hawser_keep_exception(Value value);

/// Throws a value, and releases it. If it is a C++ exception, C++ can catch it. Otherwise, it goes
/// to the JavaScript code that called this program.
[[noreturn]] void hawser_throw_value(Value value);

/// Raises `hawser_on_settled` once the promise is settled, unless `hawser_forget_promise` is called
/// first.
void hawser_await_promise(void* state, Value promise);
void hawser_forget_promise(void* state);

/// Calls `hawser_run_call`. Reports an exception as a browser reports one from an event listener.
void hawser_call(void* call);

/// How this thread can wait now, as a `detail::Waiting`.
int hawser_way_of_waiting();

/// Suspends the program's call (JSPI) until the value at `address` is no longer `seen`, or for this
/// many milliseconds, which may be infinite. May resume it earlier.
void hawser_suspend(const void* address, unsigned seen, double milliseconds);

/// Resumes the call that `hawser_suspend` suspended for this address. For programs without threads.
void hawser_end_suspension(const void* address);

/// Ends this thread's use of sockets: detaches all of them, and raises no more events on the
/// thread. Its handles stay valid until the thread has ended. Only in builds with threads.
void hawser_end_thread();

#ifndef __EMSCRIPTEN__
/// Calls `act` from the event loop of the thread that owns the sockets. Any thread may call this.
void hawser_post(void (*act)(void*), void* argument);
#endif

/// Stops the socket's events, and ends its connection if it is still alive. Its properties remain.
void hawser_detach(Handle socket);

/// Detaches and forgets the socket.
void hawser_release(Handle socket);

// Up. The other side raises these from the event loop. An engine may also raise error and close
// inside a call down, and an event may arrive inside the handler of another event.

void hawser_on_open(void* state);

/// Returns where to write `size` bytes for this socket: a message or a close reason. If the data
/// was begun elsewhere, copies its first `kept` bytes from `begun`. If the result is null, the
/// other side drops the data, and this side has done everything else. The memory is valid until the
/// event that follows has returned. The call may grow wasm memory.
std::byte* hawser_reserve(void* state, std::size_t size, const std::byte* begun, std::size_t kept);

/// A message has been written to `data`. Returns the room there (see receive_buffer.hpp). The other
/// side may write the next message of any socket to the same place without calling reserve, if it
/// is no larger than that. This ends with the next call to reserve, and with a release. 0 means
/// that it must call.
int hawser_on_message(void* state, const std::byte* data, std::size_t size, bool is_text);

/// A message for JavaScript. The other side owns the value, and releases it when this call returns.
void hawser_on_value(void* state, Value value);

void hawser_on_error(void* state);

void hawser_on_close(void* state, int code, const std::byte* reason, std::size_t reason_size,
                     bool was_clean);

void hawser_on_timer(void* state);

void hawser_on_alarm();

/// The page was shown, hidden or left, it returned from the back/forward cache, or the network came
/// or went. `is_online` is whether connections can be made. On a page that is being left, they
/// can't.
void hawser_on_page(bool is_online, bool is_visible);

/// An event did not return, because a handler threw. The other side reports this, because no
/// destructor runs in that case in code without exceptions, or for a JavaScript exception.
void hawser_on_throw();

/// A JavaScript exception left such an event. The other side keeps it until
/// `hawser_release_exception`. Returns whether a coroutine got it. If not, the other side reports
/// it. 0 stands for an exception that Emscripten uses to end a program or a main loop: no coroutine
/// gets that.
bool hawser_on_exception(int exception);

/// Resumes a coroutine, by its address.
void hawser_resume_task(void* task);

/// Makes a call that another thread has posted: a `Handler<void()>`, which this destroys.
void hawser_run_call(void* call);

/// A promise is settled, with a value or an error. The receiver releases it.
void hawser_on_settled(void* state, Value result, bool is_rejected);

}  // extern "C"

}  // namespace hawser::seam
