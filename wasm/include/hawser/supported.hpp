#pragma once

namespace hawser {

/// Whether this environment has a WebSocket to build on: the capability check.
///
///     if (!hawser::supported()) return show_offline_mode();
///
/// It answers with a boolean in a page, in a worker and in Node (where the answer is false before
/// version 22, unless started with `--experimental-websocket`); it never throws and shows nothing.
/// The environment is probed at the first call, and the answer is then remembered for good.
bool supported() noexcept;

}  // namespace hawser
