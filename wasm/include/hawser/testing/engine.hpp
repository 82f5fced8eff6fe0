#pragma once

#include <cstdint>

namespace hawser::testing {

/// The engine whose events a `Browser` imitates.
///
/// Engines report the same end with different events, and hawser hides the difference. A program
/// that passes with one engine should pass with all.
enum class Engine : std::uint8_t {
  chromium,  ///< A refused connection: error, then close. A lost one: close alone.
  firefox,   ///< Like Chromium.
  webkit,    ///< Like Chromium.
  node20,    ///< A refused connection: error, but never close. A lost one: close alone.
  node26,    ///< A refused connection: error, then close. A lost one: error, then close.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(Engine engine) noexcept {
  switch (engine) {
    case Engine::chromium: return "chromium";
    case Engine::firefox: return "firefox";
    case Engine::webkit: return "webkit";
    case Engine::node20: return "node20";
    case Engine::node26: return "node26";
  }
  return "unknown";
}

}  // namespace hawser::testing
