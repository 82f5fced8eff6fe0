#pragma once

#include <hawser/detail/platform.hpp>

namespace hawser {

/// Whether this environment has a WebSocket, so that connections are possible.
///
///     if (!hawser::supported()) return show_offline_mode();
///
/// Works in pages, in workers and in Node. In Node before version 22 it returns false, unless Node
/// was started with `--experimental-websocket`. It never throws, and the user sees nothing.
///
/// The first call probes the environment, and later calls return the same answer.
bool supported() noexcept;

}  // namespace hawser
