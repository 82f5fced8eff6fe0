#pragma once

#include <cstdint>

namespace hawser::testing {

/// The engine whose events a `Browser` imitates.
///
/// Engines report the same end by different events. hawser makes them equal, so a program that
/// passes with one passes with all. Choose another one to see for yourself, or to test code that
/// uses JavaScript's own WebSocket beside hawser.
enum class Engine : std::uint8_t {
  chromium,  ///< A refused connection: error, then close. A lost one: close alone.
  firefox,   ///< A refused connection: error, then close. A lost one: error, then close.
  webkit,    ///< A refused connection: error, then close. A lost one: error, then close.
  node20,    ///< A refused connection: error, and no close at all. A lost one: error, then close.
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
