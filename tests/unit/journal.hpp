#pragma once

#include <hawser/hawser.hpp>

#include <optional>
#include <string>
#include <vector>

/// How a Journal writes an error.
inline std::string error_line(hawser::Error error) {
  return "error " + std::to_string(static_cast<int>(error));
}

/// The calls of a socket's handlers in words: "open", "text …", "binary N", "error …", "close CODE
/// REASON clean|unclean".
struct Journal {
  std::vector<std::string> lines;
  std::optional<hawser::CloseEvent> end;

  void listen_to(hawser::WebSocket& socket) {
    socket.on_open([this] { lines.emplace_back("open"); });
    socket.on_message([this](const hawser::Message& message) {
      lines.push_back(message.is_text() ? "text " + std::string(message.text())
                                        : "binary " + std::to_string(message.bytes().size()));
    });
    socket.on_error([this](hawser::Error error) { lines.push_back(error_line(error)); });
    socket.on_close([this](const hawser::CloseEvent& event) {
      lines.push_back("close " + std::to_string(event.code) + " " + event.reason +
                      (event.was_clean ? " clean" : " unclean"));
      end = event;
    });
  }
};
