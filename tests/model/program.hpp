#pragma once

// A program for an app and an engine: what each does, step by step, and what the app does inside
// handlers. As C++, it reads like this:
//
//     {app::open(0), engine::open(0), when(0, On::message, {app::close(0)}), engine::text(0, "hello")}
//
// The app has variables 0 to 3, each a WebSocket. An engine's sockets count from 0 in the order of
// construction. A step that makes no sense, such as an event of a socket that does not exist, does
// nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace model {

inline constexpr int variables = 4;

enum class On : std::uint8_t { open, message, error, close };

struct Step {
  enum class What : std::uint8_t {
    when,
    app_open,
    app_send,
    app_send_binary,
    app_close,
    app_destroy,
    app_drop,
    app_move,
    app_listen,
    app_ignore,
    app_drop_and_ignore,
    app_ask,
    engine_open,
    engine_text,
    engine_binary,
    engine_text_without_memory,
    engine_error,
    engine_close,
    engine_begin_closing,
    engine_buffered_amount,
    engine_throw_from_constructor,
    engine_throw_from_send,
    engine_throw_from_close,
    engine_end_inside_close,
    engine_fail_inside_close,
    engine_end_inside_send,
    engine_behave,
    advance,
    stall,
  };

  What what;
  int which = 0;  // variable of the app, or socket of the engine
  std::int64_t number = 0;
  std::int64_t other = 0;
  std::int64_t size = 0;
  std::string text = {};
  std::string more = {};
  On on = On::open;
  bool flag = false;
  std::vector<Step> inside = {};

  bool operator==(const Step&) const = default;
};

using Program = std::vector<Step>;

/// `unit`, repeated.
std::string times(std::size_t count, std::string_view unit);

enum class Throws : std::uint8_t { no, yes };

/// The next time that handler `on` of the engine's socket `which` runs, it does `steps`, unless an
/// earlier `when` applies.
Step when(int which, On on, Program steps, Throws throws = Throws::no);

/// Lets time pass.
Step advance(std::int64_t milliseconds);

/// The thread is busy for this long.
Step stall(std::int64_t milliseconds);

namespace app {

/// `protocols` is a comma-separated list. Sets all four handlers.
Step open(int variable, std::string url = "ws://host/", std::string protocols = "",
          std::int64_t connect_timeout = 30'000, std::int64_t close_timeout = 5'000,
          std::int64_t max_message_size = 1'000'000);
Step send(int variable, std::string text);
Step send_binary(int variable, std::string bytes);
Step close(int variable, int code = 1000, std::string reason = "");
Step destroy(int variable);                       ///< The WebSocket in it.
Step drop(int variable);                          ///< A handler that holds it may keep it.
Step move(int from, int to);                      ///< Destroys the previous WebSocket in `to`.
Step listen(int variable, On on, int held = -1);  ///< With a handler that holds variable `held`.
Step ignore(int variable, On on);                 ///< Sets an empty handler.
Step drop_and_ignore(int variable, On on);        ///< The handler may hold the dropped WebSocket.
Step ask(int variable);

}  // namespace app

namespace engine {

Step open(int which, std::string protocol = "", std::string extensions = "");
Step text(int which, std::string message);
Step binary(int which, std::string message);
Step text_without_memory(int which);
Step error(int which);
Step close(int which, int code, std::string reason = "", bool was_clean = true);
Step begin_closing(int which);
Step buffered_amount(int which, std::int64_t bytes);
Step throw_from_constructor(std::string exception_name);
Step throw_from_send();
Step throw_from_close();
Step end_inside_close();
Step fail_inside_close();
Step end_inside_send();
Step behave();

}  // namespace engine

/// The program as C++, one step per line.
std::string to_cpp(const Program& program);

/// How many steps it has, including those inside handlers.
std::size_t count_steps(const Program& program);

}  // namespace model
