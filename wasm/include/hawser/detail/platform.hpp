#pragma once

// hawser's requirements for the compiler. Every public header includes this first, or another
// header that does.

#ifdef __EMSCRIPTEN__
#include <emscripten/version.h>
#if __EMSCRIPTEN_MAJOR__ * 10000 + __EMSCRIPTEN_MINOR__ * 100 + __EMSCRIPTEN_TINY__ < 60003
// clang-format off: CMakeLists.txt reads this line
#error "hawser needs Emscripten 6.0.3 or newer. With emsdk: emsdk install latest && emsdk activate latest"
// clang-format on
#endif
#elif !defined(HAWSER_NATIVE)
#error "hawser has no native client: it uses the browser's WebSocket. Compile with em++"
#endif

#if __cplusplus <= 202002L
#error "hawser needs C++23: compile with -std=c++23"
#else
#include <version>
#ifndef __cpp_lib_expected
#error "hawser needs std::expected: use GCC 12, Clang 19, Clang 20 with -stdlib=libc++, or newer"
#endif
#endif
