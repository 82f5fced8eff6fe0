#pragma once

#include <hawser/recorder.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace hawser::detail {

/// What is known about a socket. Kept as long as any of its events is recorded, because its first
/// events may already be dropped.
struct RecordedSocket {
  double started = 0;
  std::uint64_t session = 0;
  std::string url = {};
  std::string protocols = {};
  std::string protocol = {};
  std::string extensions = {};
  bool was_open = false;
  bool has_ended = false;
};

/// What a `Recorder` owns. Its handler shares ownership, because the handler may destroy the
/// recorder.
struct Recording {
  explicit Recording(RecorderOptions with);

  void add(const Observation& seen);
  void remove_oldest();
  void clear();

  RecorderOptions options;
  double epoch;  ///< Milliseconds since 1970 at `Observation::time` 0.
  std::deque<RecordedEvent> events;
  std::map<std::uint64_t, RecordedSocket> sockets;
  std::size_t data_bytes = 0;
};

std::string to_har(const Recording& recording);

}  // namespace hawser::detail
