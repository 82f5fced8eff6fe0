#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <hawser/hawser.hpp>

#include "room_protocol.hpp"

namespace room {

/// What a client has received. `gaps` and `doubles` stay 0, whatever is killed.
struct Counts {
  std::uint32_t sent = 0, acknowledged = 0, received = 0;
  std::uint32_t last = 0;  ///< The sequence number of the last stroke.
  std::uint32_t gaps =
      0;  ///< Strokes that did not follow the previous one, of the room or of their client.
  std::uint32_t doubles = 0;  ///< Strokes received under two sequence numbers.
  std::uint32_t resets =
      0;  ///< How often a server had lost the room: it had it in memory and was restarted.
};

/// Listeners for the events of a room. Set those you need before `join`.
struct Listener {
  std::function<void(const Stroke&, bool is_mine)> stroke = [](const Stroke&, bool) {};
  std::function<void(const Pointer&)> pointer = [](const Pointer&) {};
  std::function<void(const Here&, bool is_me)> here = [](const Here&, bool) {};
  std::function<void(ClientId)> left = [](ClientId) {};
  std::function<void()> reset = [] {};  ///< The strokes and visitors until now are no longer valid.
  std::function<void()> welcome = [] {
  };  ///< The server has accepted this client. The list of visitors follows.
  std::function<void(const Cluster&)> cluster = [](const Cluster&) {};
  std::function<void(const hawser::SessionStatus&)> status = [](const hawser::SessionStatus&) {};
};

/// A visitor of a room, over a session that moves from server to server. Strokes are sent again
/// until they are acknowledged.
class Client {
 public:
  explicit Client(Listener listener) : listener_(std::move(listener)) {}

  /// Attempts go through `urls` in turn, starting at index `first`.
  void join(const std::vector<std::string>& urls, std::string name, std::uint8_t colour,
            std::size_t first = 0) {
    using namespace std::chrono_literals;
    (void)getentropy(join_.secret.data(), join_.secret.size());
    join_.name = std::move(name);
    join_.colour = colour;

    std::vector<hawser::Endpoint> endpoints(urls.size());
    for (std::size_t i = 0; i < urls.size(); ++i)
      endpoints[i].url = urls[(first + i) % urls.size()];
    hawser::SessionOptions options;
    options.reconnect.backoff = {.base = 200ms, .cap = 2s};
    options.reconnect.min_uptime = 1s;
    options.reconnect.try_again_later = 500ms;
    options.connect_timeout = 5s;
    options.heartbeat = {.interval = 5s, .deadline = 5s, .ping = std::span<const std::byte>(ping)};
    options.outbox.acknowledgement = hawser::Acknowledgement::by_app;
    options.when_hidden = hawser::WhenHidden::close;
    hawser::SessionHandlers handlers;
    handlers.is_pong = [](const hawser::Message& message) {
      return std::ranges::equal(message.bytes(), pong);
    };
    handlers.on_open = [this](hawser::Session& session) {
      join_.after = counts_.last;
      (void)session.send_now(encode(join_));
    };
    handlers.on_message = [this](const hawser::Message& message) { receive(message); };
    handlers.on_status = [this](const hawser::SessionStatus& status) { listener_.status(status); };
    session_ = hawser::Session(std::move(endpoints), std::move(options), std::move(handlers));
  }

  /// Returns whether the stroke will be sent, now or later.
  bool draw(std::span<const Point> points) {
    const auto number = static_cast<std::uint32_t>(session_.outbox().next_id());
    if (points.empty() || !session_.send(encode_stroke(number, join_.colour, points))) return false;
    counts_.sent = number;
    return true;
  }

  /// Dropped if there is no connection, because no one needs an old pointer.
  void point(Point at) { (void)session_.send(encode_pointer(at), hawser::Keep::no); }

  void control(Action action, Part part, std::uint8_t index) {
    (void)session_.send_now(encode_control(action, part, index));
  }

  const Counts& counts() const { return counts_; }
  const hawser::Session& session() const { return session_; }
  hawser::Session& session() { return session_; }
  ClientId id() const { return id_; }
  std::uint8_t server() const { return server_; }

 private:
  void receive(const hawser::Message& message) {
    const auto frame = decode(message.bytes());
    if (frame) std::visit([this](const auto& one) { take(one); }, *frame);
  }

  void take(const Welcome& welcome) {
    id_ = welcome.you;
    server_ = welcome.server;
    if (epoch_ && *epoch_ != welcome.epoch) {
      // A new room of the same name, with a different history.
      epoch_ = welcome.epoch;
      ++counts_.resets;
      counts_.last = 0;
      numbers_.clear();
      listener_.reset();
      join_.after = 0;
      (void)session_.send_now(encode(join_));
      return;
    }
    epoch_ = welcome.epoch;
    counts_.last =
        std::max(counts_.last, welcome.first - 1);  // the server no longer has older strokes
    listener_.welcome();
  }

  void take(const Stroke& stroke) {
    if (stroke.sequence <= counts_.last) return;  // history that this client requested twice
    if (stroke.sequence != counts_.last + 1) ++counts_.gaps;
    counts_.last = stroke.sequence;

    const auto [known, is_new] = numbers_.try_emplace(stroke.client, 0);
    const auto expected = known->second + 1;
    if (stroke.number < expected) {
      ++counts_.doubles;
      return;
    }
    // The server may no longer have the first strokes of a client.
    if (stroke.number > expected && !is_new) ++counts_.gaps;
    known->second = stroke.number;
    ++counts_.received;
    listener_.stroke(stroke, stroke.client == id_);
  }

  void take(const Stored& stored) {
    session_.outbox().acknowledge(stored.number);
    counts_.acknowledged = std::max(counts_.acknowledged, stored.number);
  }

  void take(const Pointer& pointer) { listener_.pointer(pointer); }
  void take(const Here& here) { listener_.here(here, here.client == id_); }
  void take(const Left& left) { listener_.left(left.client); }
  void take(const Cluster& cluster) { listener_.cluster(cluster); }

  Listener listener_;
  Join join_;
  Counts counts_;
  ClientId id_ = 0;
  std::uint8_t server_ = 0;
  std::optional<std::uint32_t> epoch_;
  std::map<ClientId, std::uint32_t> numbers_;  ///< The last of each client.
  hawser::Session session_;                    ///< Last, because its handlers use the others.
};

}  // namespace room
