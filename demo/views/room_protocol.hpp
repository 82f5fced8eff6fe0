#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// The binary frames of a room. Each is one WebSocket message: a byte for its type, then numbers in
// network byte order.
//
//   to the server
//     1 join      16 bytes secret, u32 after, u8 colour, name    also on reconnect: requests strokes after `after`
//     2 pointer   u16 x, u16 y                                   may be lost; only the latest counts
//     3 stroke    u32 number, u8 colour, points                  stored; repeated until it is acknowledged
//     4 control   u8 action, u8 kind, u8 index                   kills or restarts a part of the cluster, if there is one
//     5 ping
//
//   from the server
//     129 welcome  u32 epoch, u64 you, u32 first, u32 last, u8 server
//     130 pointer  u64 client, u16 x, u16 y
//     131 stroke   u32 sequence, u64 client, u32 number, u8 colour, points
//     132 here     u64 client, u8 colour, name
//     133 left     u64 client
//     134 stored   u32 number                                    acknowledges all strokes up to this one
//     135 pong
//     136 cluster  u8 servers, u8 which are up, u8 nodes, u8 which are up
//
// `client` is a hash of the secret, so that no visitor can draw as another one. `number` counts the
// strokes of a client from 1. Client and number identify a stroke, so that a repeated one is stored
// only once. `sequence` counts the strokes of a room. When the `epoch` changes, it starts again
// from 1. A server has the strokes from `first` to `last`. Points are pairs of u16: fractions of
// the width and the height. demo/server/room_protocol.mjs is the other half.
namespace room {

using ClientId = std::uint64_t;
using Bytes = std::vector<std::byte>;

inline constexpr std::size_t secret_size = 16;
inline constexpr std::size_t max_points = 64;
inline constexpr std::size_t max_name_bytes = 32;
inline constexpr std::uint8_t colours = 8;

struct Point {
  std::uint16_t x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

struct Join {
  std::array<std::byte, secret_size> secret = {};
  std::uint32_t after = 0;
  std::uint8_t colour = 0;
  std::string name = {};
};

struct Welcome {
  std::uint32_t epoch = 0;
  ClientId you = 0;
  std::uint32_t first = 1, last = 0;
  std::uint8_t server = 0;
  bool operator==(const Welcome&) const = default;
};

struct Pointer {
  ClientId client = 0;
  Point at = {};
  bool operator==(const Pointer&) const = default;
};

struct Stroke {
  std::uint32_t sequence = 0;
  ClientId client = 0;
  std::uint32_t number = 0;
  std::uint8_t colour = 0;
  std::vector<Point> points = {};
  bool operator==(const Stroke&) const = default;
};

struct Here {
  ClientId client = 0;
  std::uint8_t colour = 0;
  std::string name = {};
  bool operator==(const Here&) const = default;
};

struct Left {
  ClientId client = 0;
  bool operator==(const Left&) const = default;
};

struct Stored {
  std::uint32_t number = 0;
  bool operator==(const Stored&) const = default;
};

/// Which parts of the cluster are up. Bit 0 is the first part.
struct Cluster {
  std::uint8_t servers = 0, servers_up = 0, nodes = 0, nodes_up = 0;
  bool operator==(const Cluster&) const = default;
};

enum class Action : std::uint8_t { kill, restart };
enum class Part : std::uint8_t { server, node };

using ServerFrame = std::variant<Welcome, Pointer, Stroke, Here, Left, Stored, Cluster>;

namespace detail {

class Writer {
 public:
  explicit Writer(std::uint8_t type) { number(type); }

  template <std::unsigned_integral Number>
  Writer& number(Number value) {
    for (std::size_t i = sizeof(Number); i-- > 0;)
      bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  Writer& bytes(std::span<const std::byte> some) {
    bytes_.insert(bytes_.end(), some.begin(), some.end());
    return *this;
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Past the end, returns zeros, and remembers that.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : left_(bytes) {}

  template <std::unsigned_integral Number>
  Number number() {
    if (left_.size() < sizeof(Number)) {
      is_short_ = true;
      left_ = {};
      return 0;
    }
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      value = static_cast<Number>(static_cast<std::uint64_t>(value) << 8 |
                                  std::to_integer<std::uint64_t>(left_[i]));
    }
    left_ = left_.subspan(sizeof(Number));
    return value;
  }
  std::string text() {
    const auto rest = std::exchange(left_, {});
    return {reinterpret_cast<const char*>(rest.data()), rest.size()};
  }
  std::size_t size() const { return left_.size(); }

  /// Whether exactly all bytes were read.
  bool is_whole() const { return !is_short_ && left_.empty(); }

 private:
  std::span<const std::byte> left_;
  bool is_short_ = false;
};

}  // namespace detail

inline Bytes encode(const Join& join) {
  const auto name = std::as_bytes(std::span(join.name));
  return detail::Writer(1)
      .bytes(join.secret)
      .number(join.after)
      .number(join.colour)
      .bytes(name)
      .take();
}

inline Bytes encode_pointer(Point at) { return detail::Writer(2).number(at.x).number(at.y).take(); }

/// Draws at most `max_points`.
inline Bytes encode_stroke(std::uint32_t number, std::uint8_t colour,
                           std::span<const Point> points) {
  detail::Writer writer(3);
  writer.number(number).number(colour);
  for (const auto& [x, y] : points.first(std::min(points.size(), max_points)))
    writer.number(x).number(y);
  return writer.take();
}

inline Bytes encode_control(Action action, Part part, std::uint8_t index) {
  return detail::Writer(4)
      .number(std::to_underlying(action))
      .number(std::to_underlying(part))
      .number(index)
      .take();
}

inline constexpr std::array ping = {std::byte(5)};
inline constexpr std::array pong = {std::byte(135)};

/// Returns nothing if the bytes are not a valid server frame.
inline std::optional<ServerFrame> decode(std::span<const std::byte> bytes) {
  detail::Reader in(bytes);
  ServerFrame frame;
  // In braces, evaluation is from left to right.
  switch (in.number<std::uint8_t>()) {
    case 129:
      frame = Welcome{in.number<std::uint32_t>(), in.number<std::uint64_t>(),
                      in.number<std::uint32_t>(), in.number<std::uint32_t>(),
                      in.number<std::uint8_t>()};
      break;
    case 130:
      frame = Pointer{in.number<std::uint64_t>(),
                      {in.number<std::uint16_t>(), in.number<std::uint16_t>()}};
      break;
    case 131: {
      Stroke stroke{in.number<std::uint32_t>(), in.number<std::uint64_t>(),
                    in.number<std::uint32_t>(), in.number<std::uint8_t>()};
      const auto count = in.size() / 4;
      if (count == 0 || count > max_points || stroke.colour >= colours) return std::nullopt;
      for (std::size_t i = 0; i < count; ++i) {
        stroke.points.push_back({in.number<std::uint16_t>(), in.number<std::uint16_t>()});
      }
      frame = std::move(stroke);
      break;
    }
    case 132: {
      Here here{in.number<std::uint64_t>(), in.number<std::uint8_t>()};
      if (here.colour >= colours || in.size() > max_name_bytes) return std::nullopt;
      here.name = in.text();
      frame = std::move(here);
      break;
    }
    case 133: frame = Left{in.number<std::uint64_t>()}; break;
    case 134: frame = Stored{in.number<std::uint32_t>()}; break;
    case 136:
      frame = Cluster{in.number<std::uint8_t>(), in.number<std::uint8_t>(),
                      in.number<std::uint8_t>(), in.number<std::uint8_t>()};
      break;
    default: return std::nullopt;
  }
  if (!in.is_whole()) return std::nullopt;
  return frame;
}

}  // namespace room
