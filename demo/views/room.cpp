// The C++ half of a room: passes the visitor's strokes to the client in room_client.hpp, and what
// that receives to the page.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

#include "room_client.hpp"

namespace {

using emscripten::val;

// The listeners that the page passed to `listenToRoom`.
val page = val::undefined();
std::unique_ptr<room::Client> client;

/// As text, because JavaScript's numbers have only 53 bits.
std::string key(room::ClientId id) { return std::to_string(id); }

val numbers_of(const std::vector<room::Point>& points) {
  static_assert(sizeof(room::Point) == 2 * sizeof(std::uint16_t));
  const auto* numbers = reinterpret_cast<const std::uint16_t*>(points.data());
  return val(emscripten::typed_memory_view(2 * points.size(), numbers));
}

room::Listener listener() {
  return {
      .stroke =
          [](const room::Stroke& stroke, bool is_mine) {
            page.call<void>("stroke", key(stroke.client), stroke.colour, numbers_of(stroke.points),
                            is_mine);
          },
      .pointer =
          [](const room::Pointer& pointer) {
            page.call<void>("pointer", key(pointer.client), pointer.at.x, pointer.at.y);
          },
      .here =
          [](const room::Here& here, bool is_me) {
            page.call<void>("here", key(here.client), here.colour, here.name, is_me);
          },
      .left = [](room::ClientId id) { page.call<void>("left", key(id)); },
      .reset = [] { page.call<void>("reset"); },
      .welcome = [] { page.call<void>("welcome"); },
      .cluster =
          [](const room::Cluster& cluster) {
            page.call<void>("cluster", cluster.servers, cluster.servers_up, cluster.nodes,
                            cluster.nodes_up);
          },
      .status =
          [](const hawser::SessionStatus& status) {
            page.call<void>("status", std::string(name(status.state)),
                            std::string(name(status.why)));
          },
  };
}

void join(const val& urls, const std::string& name, std::uint8_t colour) {
  client = std::make_unique<room::Client>(listener());
  client->join(emscripten::vecFromJSArray<std::string>(urls), name, colour);
}

void leave() { client.reset(); }

/// Draws a line through points, given as alternating x and y. Returns whether it will be sent.
bool draw(const val& numbers) {
  const auto all = emscripten::convertJSArrayToNumberVector<std::uint16_t>(numbers);
  std::vector<room::Point> points;
  for (std::size_t i = 0; i + 1 < all.size(); i += 2)
    points.push_back({.x = all[i], .y = all[i + 1]});
  return client && client->draw(points);
}

void point(std::uint16_t x, std::uint16_t y) {
  if (client) client->point({.x = x, .y = y});
}

void control(bool is_kill, bool is_server, std::uint8_t index) {
  if (!client) return;
  client->control(is_kill ? room::Action::kill : room::Action::restart,
                  is_server ? room::Part::server : room::Part::node, index);
}

struct Figures {
  unsigned server = 0, sent = 0, acknowledged = 0, received = 0, last = 0, gaps = 0, doubles = 0,
           waiting = 0, connections = 0;
  int round_trip = -1;  // negative if unknown
};

Figures figures() {
  if (!client) return {};
  const auto& counts = client->counts();
  const auto counters = client->session().counters();
  return {.server = client->server(),
          .sent = counts.sent,
          .acknowledged = counts.acknowledged,
          .received = counts.received,
          .last = counts.last,
          .gaps = counts.gaps,
          .doubles = counts.doubles,
          .waiting = static_cast<unsigned>(client->session().outbox().size()),
          .connections = static_cast<unsigned>(counters.connections),
          .round_trip = counters.round_trip ? static_cast<int>(counters.round_trip->count()) : -1};
}

}  // namespace

EMSCRIPTEN_BINDINGS(room) {
  emscripten::value_object<Figures>("RoomFigures")
      .field("server", &Figures::server)
      .field("sent", &Figures::sent)
      .field("acknowledged", &Figures::acknowledged)
      .field("received", &Figures::received)
      .field("last", &Figures::last)
      .field("gaps", &Figures::gaps)
      .field("doubles", &Figures::doubles)
      .field("waiting", &Figures::waiting)
      .field("connections", &Figures::connections)
      .field("roundTrip", &Figures::round_trip);
  emscripten::function("listenToRoom", +[](val listeners) { page = std::move(listeners); });
  emscripten::function("joinRoom", join);
  emscripten::function("leaveRoom", leave);
  emscripten::function("drawInRoom", draw);
  emscripten::function("pointInRoom", point);
  emscripten::function("controlRoom", control);
  emscripten::function("roomFigures", figures);
}
