#pragma once

#include <string_view>

namespace hawser {

/// Whether `text` is well-formed UTF-8 (Unicode §3.9, table 3-7): no overlong forms, no surrogates.
///
/// Validates URLs, close reasons, and queued text. For text that a socket sends at once, it
/// validates only text shorter than `seam::short_text`. shim.js validates the rest, with the
/// browser's own decoder ($hawserDecode).
///
/// Takes a reference, because wasm passes a view in memory: each call would make a copy.
bool is_utf8(const std::string_view& text) noexcept;

}  // namespace hawser
