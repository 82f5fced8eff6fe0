#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hawser/message.hpp>

/// The browser underneath hawser::testing::Browser. It does only what a test makes it do.
///
/// In native builds, it is the other side of the seam (native_seam.cpp). In wasm, the real shim
/// runs on top of a JavaScript WebSocket class, clock and random numbers (page_globals.cpp). Only
/// one exists at a time. Sockets are numbered from 0, in the order of their construction. Events
/// for a released socket are ignored.
namespace hawser::testing::script {

void begin(bool is_supported, std::uint64_t seed);
void end();

/// The number of sockets that were constructed.
int sockets();
std::string url(int socket);
std::string protocols(int socket);  ///< Each but the first after a comma.
int ready_state(int socket);

// Events
void open(int socket, std::string_view protocol, std::string_view extensions);
void message(int socket, const Message& message);
void error(int socket);
void close(int socket, int code, std::string_view reason, bool was_clean);

/// The peer's Close frame has arrived, but not yet its close event.
void begin_closing(int socket);

void set_buffered_amount(int socket, double bytes);

/// Whether outgoing messages stay buffered.
void stall(int socket, bool is_stalled);

/// Runs posted calls from other threads, or the next timer that is due by `until`. If there is
/// none, advances the clock to `until` and returns false.
bool run_next(std::chrono::milliseconds until);

/// Advances the clock without running anything.
void pass(std::chrono::milliseconds time);

/// Does the same, and then runs each timer that is due.
void block(std::chrono::milliseconds time);

std::chrono::milliseconds now();

/// Reports the page's state, to existing sessions and to those that start later.
void page(bool is_online, bool is_visible);

/// Faults that the browser can have.
enum class Fault : std::uint8_t {
  closed_from_the_start,
  exception_from_send,
  exception_from_next_send,
  exception_from_close,
  end_inside_close,
  error_inside_close,
  end_inside_send,
};
void set(Fault fault);
void set_constructor_exception(std::string_view name);
void behave();

/// A call that the application made.
struct Call {
  enum class What : std::uint8_t {
    construct,  ///< `data` has the URL and, in brackets, the subprotocols.
    text,       ///< `data` is the message.
    binary,     ///< `data` is the message, in hexadecimal.
    close,      ///< `data` is the code, a space and the reason.
    abandon,    ///< The application gave up a live connection.
  };

  int socket;  ///< Meaningless for `construct`.
  What what;
  std::string data = {};
};

/// All calls except the first `count`.
std::vector<Call> calls_after(std::size_t count);
int count_calls();

// For finding leaks.
int reported_exceptions();
int attached_sockets();
int pending_timers();

}  // namespace hawser::testing::script
