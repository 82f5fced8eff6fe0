// A program that ends while its socket is open. JavaScript, which keeps running, counts the events
// that reach the program after that.
//
//   ended abort|exit|return ws://HOST:PORT

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <hawser/hawser.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

// clang-format off
EM_JS(void, report, (), { Module.report(); });
// clang-format on

namespace {

hawser::Task<> report_later() {
  co_await hawser::sleep_for(std::chrono::milliseconds(1));
  report();
}

void end(std::string_view how) {
  hawser::spawn(report_later());
  if (how == "abort") std::abort();
  emscripten_force_exit(0);
}

}  // namespace

int main(int, char** arguments) {
  static const std::string_view how = arguments[1];
  // Never destroyed, not even by the end of the runtime.
  const std::string path = how == "return" ? "/close?code=1000" : "/flood?count=20";
  auto* const socket = new hawser::WebSocket(hawser::WebSocket::open(arguments[2] + path).value());
  socket->on_open(report);
  socket->on_message([](const hawser::Message&) {
    report();
    end(how);
  });
  socket->on_error([](hawser::Error) { report(); });
  socket->on_close([](const hawser::CloseEvent&) { report(); });
  if (how == "return") hawser::spawn(report_later());
  if (how != "return") emscripten_exit_with_live_runtime();
}
