#pragma once

#include <string_view>

#include <hawser/observe.hpp>
#include <hawser/recorder.hpp>

/// Provides the page's panel with data: observe.cpp reports the events of its module's sockets and
/// sessions.
namespace panel {

/// How to observe a thread.
inline constexpr hawser::ObserveOptions options = {.max_data_bytes = 16'384};

/// Copies an observation, so that it can be passed to another thread. Its time becomes milliseconds
/// since 1970, because each thread has its own `performance.now()`.
hawser::RecordedEvent copy(const hawser::Observation& seen);

/// Reports an event to the page. Call it on the main thread. `thread` names the thread of the
/// event, because each thread counts its sockets from 1.
void report(const hawser::RecordedEvent& event, std::string_view thread);

}  // namespace panel
