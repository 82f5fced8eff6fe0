#pragma once

// The version of hawser. CMake reads it from here, and package.json repeats it.

/// The major, minor and patch version.
#define HAWSER_VERSION_MAJOR 0
#define HAWSER_VERSION_MINOR 2
#define HAWSER_VERSION_PATCH 0

/// The version as one number, to compare in C++ or in the preprocessor.
///
///     static_assert(HAWSER_VERSION >= 200);  // 0.2.0
///
/// It is major * 10000 + minor * 100 + patch.
#define HAWSER_VERSION \
  (HAWSER_VERSION_MAJOR * 10000 + HAWSER_VERSION_MINOR * 100 + HAWSER_VERSION_PATCH)

/// The version as a string literal, such as "1.2.3".
#define HAWSER_VERSION_STRING                \
  HAWSER_DETAIL_STRING(HAWSER_VERSION_MAJOR) \
  "." HAWSER_DETAIL_STRING(HAWSER_VERSION_MINOR) "." HAWSER_DETAIL_STRING(HAWSER_VERSION_PATCH)
#define HAWSER_DETAIL_STRING(number) HAWSER_DETAIL_LITERAL(number)
#define HAWSER_DETAIL_LITERAL(number) #number
