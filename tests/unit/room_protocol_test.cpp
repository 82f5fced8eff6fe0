// The frames of the demo's rooms.

#include <catch_amalgamated.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "../../demo/views/room_protocol.hpp"

namespace {

room::Bytes bytes(std::initializer_list<unsigned> values) {
  room::Bytes all;
  for (const auto value : values) all.push_back(static_cast<std::byte>(value));
  return all;
}

template <typename Frame>
Frame decoded(const room::Bytes& frame) {
  const auto found = room::decode(frame);
  REQUIRE(found);
  REQUIRE(std::holds_alternative<Frame>(*found));
  return std::get<Frame>(*found);
}

/// One frame of each kind that a server sends.
std::vector<room::Bytes> server_frames() {
  return {bytes({129, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 4, 1}),
          bytes({130, 0, 0, 0, 0, 0, 0, 1, 2, 0, 5, 1, 0}),
          bytes({131, 0, 0, 0, 7, 0xFF, 0, 0, 0, 0,   0,   0, 1,
                 0,   0, 0, 2, 3, 0,    1, 0, 2, 255, 255, 0, 4}),
          bytes({132, 0, 0, 0, 0, 0, 0, 1, 2, 6, 'A', 'd', 'a'}),
          bytes({133, 0, 0, 0, 0, 0, 0, 1, 2}),
          bytes({134, 0, 1, 0, 0}),
          bytes({136, 2, 1, 3, 5})};
}

}  // namespace

TEST_CASE("a room's client writes its frames in network byte order") {
  room::Join join{.after = 0x01020304, .colour = 5, .name = "Ada"};
  join.secret.fill(std::byte(7));
  auto expected = bytes({1});
  expected.insert(expected.end(), room::secret_size, std::byte(7));
  const auto rest = bytes({1, 2, 3, 4, 5, 'A', 'd', 'a'});
  expected.insert(expected.end(), rest.begin(), rest.end());
  CHECK(room::encode(join) == expected);

  CHECK(room::encode_pointer({.x = 0x0102, .y = 0xFFFE}) == bytes({2, 1, 2, 0xFF, 0xFE}));
  const std::vector<room::Point> points = {{.x = 1, .y = 2}, {.x = 3, .y = 0x400}};
  CHECK(room::encode_stroke(258, 3, points) == bytes({3, 0, 0, 1, 2, 3, 0, 1, 0, 2, 0, 3, 4, 0}));
  CHECK(room::encode_control(room::Action::restart, room::Part::node, 2) == bytes({4, 1, 1, 2}));
}

TEST_CASE("a room's client sends no more points than a frame may have") {
  const std::vector<room::Point> points(room::max_points + 1);
  CHECK(room::encode_stroke(1, 0, points).size() == 6 + 4 * room::max_points);
}

TEST_CASE("a room's client reads what a server sends") {
  const auto frames = server_frames();
  CHECK(decoded<room::Welcome>(frames[0]) ==
        room::Welcome{.epoch = 9, .you = 258, .first = 3, .last = 4, .server = 1});
  CHECK(decoded<room::Pointer>(frames[1]) ==
        room::Pointer{.client = 258, .at = {.x = 5, .y = 256}});
  CHECK(decoded<room::Stroke>(frames[2]) ==
        room::Stroke{.sequence = 7,
                     .client = 0xFF00'0000'0000'0001,
                     .number = 2,
                     .colour = 3,
                     .points = {{.x = 1, .y = 2}, {.x = 65535, .y = 4}}});
  CHECK(decoded<room::Here>(frames[3]) == room::Here{.client = 258, .colour = 6, .name = "Ada"});
  CHECK(decoded<room::Left>(frames[4]) == room::Left{.client = 258});
  CHECK(decoded<room::Stored>(frames[5]) == room::Stored{.number = 65536});
  CHECK(decoded<room::Cluster>(frames[6]) ==
        room::Cluster{.servers = 2, .servers_up = 1, .nodes = 3, .nodes_up = 5});
}

TEST_CASE("a room's client rejects a frame that is truncated or too long") {
  for (const auto& frame : server_frames()) {
    const bool is_here = frame[0] == std::byte(132);
    const bool is_stroke = frame[0] == std::byte(131);
    for (std::size_t size = 0; size < frame.size(); ++size) {
      if (is_here && size >= 10) continue;                           // a shorter name
      if (is_stroke && size > 18 && (size - 18) % 4 == 0) continue;  // fewer points
      INFO(std::to_integer<int>(frame[0]) << " cut to " << size);
      CHECK_FALSE(room::decode(std::span(frame).first(size)));
    }
    auto longer = frame;
    longer.push_back(std::byte(0));
    if (!is_here) CHECK_FALSE(room::decode(longer));
  }
}

TEST_CASE(
    "a room's client rejects a stroke without points, with too many, or in an unknown colour") {
  auto stroke = server_frames()[2];
  stroke.resize(18);
  CHECK_FALSE(room::decode(stroke));
  stroke.resize(18 + 4 * room::max_points);
  CHECK(room::decode(stroke));
  stroke[17] = std::byte(room::colours);
  CHECK_FALSE(room::decode(stroke));
  stroke[17] = std::byte(0);
  stroke.resize(stroke.size() + 4);
  CHECK_FALSE(room::decode(stroke));
}

TEST_CASE("a room's client rejects a name that is too long") {
  auto here = server_frames()[3];
  here.resize(10 + room::max_name_bytes);
  CHECK(room::decode(here));
  here.resize(11 + room::max_name_bytes);
  CHECK_FALSE(room::decode(here));
}

TEST_CASE("a room's client survives garbage") {
  std::mt19937 random(20);
  std::uniform_int_distribution<unsigned> any(0, 255);
  for (int i = 0; i < 20'000; ++i) {
    room::Bytes garbage(any(random) + any(random));
    for (auto& one : garbage) one = static_cast<std::byte>(any(random));
    if (!garbage.empty() && i % 2 == 0) garbage[0] = static_cast<std::byte>(129 + any(random) % 8);
    (void)room::decode(garbage);
  }
}
