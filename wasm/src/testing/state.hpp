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
  /// What the application did with one socket after its constructor, and how its peer reacts.
  struct Record {
    static constexpr std::size_t reads_all = std::numeric_limits<std::size_t>::max();

    std::vector<script::Call> calls = {};
    std::size_t received = 0;  // the number of calls that the peer has received
    std::size_t stalled_after = reads_all;
    Handler<void(const Message&)> on_message = {};
    Handler<void(const CloseFrame&)> on_close = {};
    bool is_answered = false;         // whether the peer has accepted, refused or cut it
    bool has_failed = false;          // in the handshake
    bool has_begun_to_close = false;  // the peer, with its own Close frame
    bool has_reported_close = false;  // to the peer's on_close handler

    /// How many of the calls the peer may see: when it stalled, it stopped seeing new ones.
    std::size_t readable() const { return std::min(stalled_after, calls.size()); }

    /// The next call, or null if the peer has received all that it may see.
    const script::Call* next() const { return received < readable() ? &calls[received] : nullptr; }

    /// The Close frame, or null if the peer has not seen one.
    const script::Call* close_frame() const { return find(script::Call::What::close); }

    /// Whether the peer has seen that the application gave up the connection.
    bool is_given_up() const { return find(script::Call::What::abandon); }

    /// Whether the application has closed it or given it up, even if the peer has not seen that.
    bool has_ended() const {
      return std::ranges::any_of(calls, [](const script::Call& call) {
        return call.what == script::Call::What::close || call.what == script::Call::What::abandon;
      });
    }

    /// The first such call that the peer has seen, or null.
    const script::Call* find(script::Call::What what) const {
      for (std::size_t i = 0; i < readable(); ++i) {
        if (calls[i].what == what) return &calls[i];
      }
      return nullptr;
    }
  };

  /// Collects the calls made since the last update.
  void update() {
    for (auto& call : script::calls_after(calls)) {
      ++calls;
      if (call.what != script::Call::What::construct)
        at(call.socket).calls.push_back(std::move(call));
    }
  }

  /// From now on, the handlers of this socket's peer are called.
  void answer_by_itself(int socket) {
    if (std::ranges::find(answering, socket) == answering.end()) answering.push_back(socket);
  }

  Record& record(int socket) {
    update();
    return at(socket);
  }

  Engine engine;
  Handler<void(Peer)> on_connection = {};
  std::deque<Record> records =
      {};                      // a deque, because handlers may start connections, which appends
  std::vector<int> lost = {};  // sockets whose page was left; the page finds out when it returns
  std::vector<int> answering = {};  // sockets whose peer has an on_message or on_close handler
  std::size_t calls = 0;

  Record& at(int socket) {
    const auto index = static_cast<std::size_t>(socket);
    if (index >= records.size()) records.resize(index + 1);
    return records[index];
  }
};

}  // namespace hawser::testing
