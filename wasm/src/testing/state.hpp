#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include <hawser/handler.hpp>
#include <hawser/testing/browser.hpp>

#include "script.hpp"

namespace hawser::testing {

struct Browser::State {
  /// What the application asked of one socket after its constructor, and what its peer does with it.
  struct Record {
    std::vector<script::Call> calls = {};
    std::size_t received = 0;  // how many of them the peer has received
    Handler<void(const Message&)> on_message = {};

    /// The next call, or null if the peer has received all.
    const script::Call* next() const { return received < calls.size() ? &calls[received] : nullptr; }
  };

  /// Takes note of the calls since the last time.
  void update() {
    for (auto& call : script::calls_after(calls)) {
      ++calls;
      if (call.what != script::Call::What::construct) at(call.socket).calls.push_back(std::move(call));
    }
  }

  Record& record(int socket) {
    update();
    return at(socket);
  }

  Engine engine;
  Handler<void(Peer)> on_connection = {};
  std::deque<Record> records = {};  // their handlers may start connections, which adds to it
  std::vector<int> lost = {};       // the sockets whose page was left; it learns that when it is back
  std::vector<int> answering = {};  // the sockets that have an on_message
  std::size_t calls = 0;

  Record& at(int socket) {
    const auto index = static_cast<std::size_t>(socket);
    if (index >= records.size()) records.resize(index + 1);
    return records[index];
  }
};

}  // namespace hawser::testing
