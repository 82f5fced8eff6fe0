// Many visitors of a room in one Node process: the clients of the demo's page, without the page.
// room_clients.mjs runs it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <hawser/hawser.hpp>

#include "../../demo/views/room_client.hpp"

namespace {

using emscripten::val;
using Clock = std::chrono::steady_clock;

std::vector<std::unique_ptr<room::Client>> clients;

// When each stroke was drawn, by its first point, which is unique; and how long each took to reach
// each client.
std::unordered_map<std::uint32_t, Clock::time_point> drawn;
std::vector<double> latencies;
std::uint32_t strokes = 0;
std::uint64_t drawn_hash = 0;  // the sum over all strokes, in any order
std::vector<std::uint64_t> hashes;

std::uint32_t name_of(room::Point first) {
  return static_cast<std::uint32_t>(first.x) << 16 | first.y;
}

/// Different strokes have different numbers.
std::uint64_t hash(const std::vector<room::Point>& points) {
  std::uint64_t sum = 14'695'981'039'346'656'037U;  // FNV-1a
  for (const auto& [x, y] : points)
    sum = (sum ^ (static_cast<std::uint64_t>(x) << 16 | y)) * 1'099'511'628'211U;
  return sum;
}

void start(const val& urls, unsigned count) {
  const auto all = emscripten::vecFromJSArray<std::string>(urls);
  hashes.assign(count, 0);
  for (unsigned i = 0; i < count; ++i) {
    room::Listener listener;
    listener.stroke = [i](const room::Stroke& stroke, bool) {
      hashes[i] += hash(stroke.points);
      const auto found = drawn.find(name_of(stroke.points.front()));
      if (found == drawn.end()) return;
      latencies.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - found->second).count());
    };
    auto& client = clients.emplace_back(std::make_unique<room::Client>(std::move(listener)));
    client->join(all, "client " + std::to_string(i), static_cast<std::uint8_t>(i % room::colours),
                 i);
  }
}

void draw(unsigned index) {
  ++strokes;
  const room::Point first = {.x = static_cast<std::uint16_t>(strokes >> 16),
                             .y = static_cast<std::uint16_t>(strokes)};
  std::vector points = {first, room::Point{.x = 7, .y = static_cast<std::uint16_t>(index)}};
  drawn[strokes] = Clock::now();
  if (clients[index]->draw(points)) drawn_hash += hash(points);
}

/// Draws a stroke from each of these clients, in one turn. A server that is killed then has stored
/// some of them without acknowledging them.
void draw_all(const val& indices) {
  for (const auto index : emscripten::convertJSArrayToNumberVector<unsigned>(indices)) draw(index);
}

struct Report {
  unsigned open = 0, strokes = 0, complete = 0, unacknowledged = 0, gaps = 0, doubles = 0,
           resets = 0, connections = 0;
};

/// `complete` counts the clients that have every stroke exactly once.
Report report() {
  Report sum{.strokes = strokes};
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const auto& client = *clients[i];
    const auto& counts = client.counts();
    sum.open +=
        client.session().status().state == hawser::SessionState::open && client.id() != 0 ? 1 : 0;
    sum.complete += counts.received == strokes && hashes[i] == drawn_hash ? 1 : 0;
    sum.unacknowledged += counts.sent - counts.acknowledged;
    sum.gaps += counts.gaps;
    sum.doubles += counts.doubles;
    sum.resets += counts.resets;
    sum.connections += static_cast<unsigned>(client.session().counters().connections);
  }
  return sum;
}

/// Milliseconds from drawing to each arrival, since the last call.
val take_latencies() {
  const auto taken = val::array(latencies);
  latencies.clear();
  return taken;
}

}  // namespace

EMSCRIPTEN_BINDINGS(room_clients) {
  emscripten::value_object<Report>("Report")
      .field("open", &Report::open)
      .field("strokes", &Report::strokes)
      .field("complete", &Report::complete)
      .field("unacknowledged", &Report::unacknowledged)
      .field("gaps", &Report::gaps)
      .field("doubles", &Report::doubles)
      .field("resets", &Report::resets)
      .field("connections", &Report::connections);
  emscripten::function("start", start);
  emscripten::function("draw", draw_all);
  emscripten::function("report", report);
  emscripten::function("takeLatencies", take_latencies);
  emscripten::function("stop", +[] { clients.clear(); });
}
