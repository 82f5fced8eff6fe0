#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <hawser/handler.hpp>
#include <hawser/observe.hpp>

namespace hawser {

namespace detail {
struct Recording;
}  // namespace detail

/// An event that a `Recorder` keeps, with its own copies of the text.
struct RecordedEvent {
  /// What happened. Its views are valid only during `RecorderOptions::redact`. The recorder keeps
  /// the strings below.
  Observation seen;

  std::string url = {};         ///< See `Observation::url`.
  std::string protocols = {};   ///< See `Observation::protocols`.
  std::string protocol = {};    ///< See `Observation::protocol`.
  std::string extensions = {};  ///< See `Observation::extensions`.
  std::string reason = {};      ///< See `Observation::reason`.
  std::string data = {};  ///< The beginning of the message: UTF-8 for text, the bytes for binary.
};

/// The options of a `Recorder`.
struct RecorderOptions {
  /// How many events to keep. The oldest are dropped first.
  std::size_t max_events = 1000;

  /// How many bytes of each message to keep. 0 keeps no payload.
  std::size_t max_data_bytes = 4096;

  /// How many bytes of payload to keep in total. The oldest events are dropped first.
  std::size_t max_total_data_bytes = 1 << 20;

  /// Called for each event before it is kept. Remove secrets here: change `url`, `data` and the
  /// other strings. If it throws, the event is not kept.
  Handler<void(RecordedEvent& event)> redact = {};
};

/// Keeps the latest events of the calling thread's sockets and sessions.
///
///     hawser::Recorder recorder({.max_events = 200});
///     // ... when something goes wrong:
///     log("network", 0, recorder.dump());
///
/// It observes from its construction until its destruction (see `observe`). It belongs to the
/// thread that created it, and is move-only.
class [[nodiscard]] Recorder {
 public:
  /// Starts recording.
  explicit Recorder(RecorderOptions options = {});

  /// The number of events it holds.
  std::size_t size();

  /// Returns the events as text, one line per event, oldest first.
  ///
  /// Each line starts with the time in milliseconds (`Observation::time`). Control characters are
  /// escaped, and binary messages are written in hexadecimal.
  std::string dump();

  /// Returns the recording as JSON, in the format of Chrome's developer tools: HAR 1.2 with
  /// `_webSocketMessages`. Chrome can also open it: see docs/debugging.md.
  ///
  /// Each socket has an entry. Its status is 101, or 0 if the connection did not open. See
  /// http://www.softwareishard.com/blog/har-12-spec/.
  std::string har();

  /// Forgets all events, and all sockets that have ended.
  void clear();

 private:
  std::shared_ptr<detail::Recording> recording_;
  Observer observer_;
};

}  // namespace hawser
