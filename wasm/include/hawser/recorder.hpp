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

/// An observation that a `Recorder` keeps, with its text.
struct RecordedEvent {
  /// What happened. Its views are valid during `RecorderOptions::redact` only: the recorder keeps the
  /// strings below.
  Observation seen;

  std::string url = {};
  std::string protocols = {};
  std::string protocol = {};
  std::string extensions = {};
  std::string reason = {};
  std::string data = {};  ///< The beginning of the message: UTF-8 for text, the bytes for binary.
};

/// Options of a `Recorder`.
struct RecorderOptions {
  /// How many events it keeps. The oldest go first.
  std::size_t max_events = 1000;

  /// How many bytes it keeps of each message. 0 keeps no payload.
  std::size_t max_data_bytes = 4096;

  /// How many bytes of payload it keeps in all. The oldest events go first.
  std::size_t max_total_data_bytes = 1 << 20;

  /// Called for each event before it is kept, to remove secrets: change `url`, `data` and the other
  /// strings. If it throws, the event is not kept.
  Handler<void(RecordedEvent& event)> redact = {};
};

/// Keeps what happened last on the sockets and sessions of the calling thread.
///
///     hawser::Recorder recorder({.max_events = 200});
///     // ... when something goes wrong:
///     log("network", 0, recorder.dump());
///
/// It observes from its construction to its destruction (see `observe`), and belongs to the thread
/// that created it. It is move-only.
class [[nodiscard]] Recorder {
 public:
  /// Starts to record.
  explicit Recorder(RecorderOptions options = {});

  /// The number of events that it holds.
  std::size_t size();

  /// Returns the events as text, one line for each, the oldest first.
  ///
  /// A line begins with the time in milliseconds (`Observation::time`). Control characters are
  /// escaped, and binary messages are written in hexadecimal.
  std::string dump();

  /// Returns the recording as JSON, in HAR 1.2 with `_webSocketMessages`, as Chrome's developer tools
  /// write it. They also read it: see docs/debugging.md.
  ///
  /// It has an entry for each socket. Its status is 101, or 0 for a connection that did not open. See
  /// http://www.softwareishard.com/blog/har-12-spec/.
  std::string har();

  /// Forgets all events, and all sockets that have ended.
  void clear();

 private:
  std::shared_ptr<detail::Recording> recording_;
  Observer observer_;
};

}  // namespace hawser
