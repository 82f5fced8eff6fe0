#pragma once

#include <hawser/hawser.hpp>

#include <hawser/testing/browser.hpp>
#include "journal.hpp"

/// A connecting socket, and the browser under it.
struct Connecting {
  explicit Connecting(const hawser::WebSocketOptions& options = {})
      : socket(hawser::WebSocket::open("ws://host/", options).value()) {
    journal.listen_to(socket);
  }

  hawser::testing::Browser browser;
  Journal journal;
  hawser::WebSocket socket;
};

/// An open socket; its journal starts after that.
struct Opened : Connecting {
  explicit Opened(const hawser::WebSocketOptions& options = {}) : Connecting(options) {
    browser.peer().accept();
    journal.lines.clear();
  }
};
