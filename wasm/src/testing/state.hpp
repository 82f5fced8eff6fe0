#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include <hawser/handler.hpp>
#include <hawser/testing/browser.hpp>

#include "script.hpp"

namespace hawser::testing {

struct Browser::State {
  /// What the application asked of one socket after its constructor, and what its peer does with it.
  struct Record {
    static constexpr std::size_t reads_all = std::numeric_limits<std::size_t>::max();

    std::vector<script::Call> calls = {};
    std::size_t received = 0;  // how many of them the peer has received
    std::size_t stalled_after = reads_all;
    Handler<void(const Message&)> on_message = {};
    Handler<void(const CloseFrame&)> on_close = {};
    bool has_reported_close = false;  // to on_close

    /// How many of the calls the peer may see: no later one than those before it stalled.
    std::size_t readable() const { return std::min(stalled_after, calls.size()); }

    /// The next call, or null if the peer has received all that it may see.
    const script::Call* next() const { return received < readable() ? &calls[received] : nullptr; }

    /// The Close frame, or null if the peer has not seen one.
    const script::Call* close_frame() const {
      for (std::size_t i = 0; i < readable(); ++i) {
        if (calls[i].what == script::Call::What::close) return &calls[i];
      }
      return nullptr;
    }
  };

  /// Takes note of the calls since the last time.
  void update() {
    for (auto& call : script::calls_after(calls)) {
      ++calls;
      if (call.what != script::Call::What::construct) at(call.socket).calls.push_back(std::move(call));
    }
  }

  /// The handlers of its peer are called from now on.
  void answer_by_itself(int socket) {
    if (std::ranges::find(answering, socket) == answering.end()) answering.push_back(socket);
  }

  Record& record(int socket) {
    update();
    return at(socket);
  }

  Engine engine;
  Handler<void(Peer)> on_connection = {};
  std::deque<Record> records = {};  // their handlers may start connections, which adds to it
  std::vector<int> lost = {};       // the sockets whose page was left; it learns that when it is back
  std::vector<int> answering = {};  // the sockets that have an on_message or an on_close
  std::size_t calls = 0;

  Record& at(int socket) {
    const auto index = static_cast<std::size_t>(socket);
    if (index >= records.size()) records.resize(index + 1);
    return records[index];
  }
};

}  // namespace hawser::testing
