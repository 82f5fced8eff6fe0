#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hawser/message.hpp>

/// The browser under hawser::testing::Browser, which does what it is told and nothing else.
///
/// Natively it is the other side of the seam (native_seam.cpp). In wasm the real shim runs, on a WebSocket class, a
/// clock and random numbers of JavaScript's (page_globals.cpp). There is one at a time. Sockets are numbered from 0, in
/// the order of their construction; events for one that was released reach nobody.
namespace hawser::testing::script {

void begin(bool is_supported, std::uint64_t seed);
void end();

/// How many sockets were constructed.
int sockets();
std::string url(int socket);
std::string protocols(int socket);  ///< Each but the first after a comma.
int ready_state(int socket);

// What happens.
void open(int socket, std::string_view protocol, std::string_view extensions);
void message(int socket, const Message& message);
void error(int socket);
void close(int socket, int code, std::string_view reason, bool was_clean);

/// A Close frame has come, whose event has not.
void begin_closing(int socket);

void set_buffered_amount(int socket, double bytes);

/// Whether what is sent stays buffered.
void stall(int socket, bool is_stalled);

/// Runs what other threads have posted, or the next timer that is due until then. If there is none, lets the time pass,
/// and returns false.
bool run_next(std::chrono::milliseconds until);

/// Lets time pass in which nothing runs.
void pass(std::chrono::milliseconds time);

/// The same, and then runs each timer that is due.
void block(std::chrono::milliseconds time);

std::chrono::milliseconds now();

/// Tells the page's state, to sessions that are there and to those that start later.
void page(bool is_online, bool is_visible);

/// How it behaves.
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

/// A call of the application's.
struct Call {
  enum class What : std::uint8_t {
    construct,  ///< `data` has the URL and, in brackets, the subprotocols.
    text,       ///< `data` is the message.
    binary,     ///< `data` is the message, in hexadecimal.
    close,      ///< `data` is the code, a space and the reason.
    abandon,    ///< A connection that was still alive is given up.
  };

  int socket;  ///< Of `construct` it means nothing.
  What what;
  std::string data = {};
};

/// The calls after the first `count`.
std::vector<Call> calls_after(std::size_t count);
int count_calls();

// To look for leaks.
int reported_exceptions();
int attached_sockets();
int pending_timers();

}  // namespace hawser::testing::script
