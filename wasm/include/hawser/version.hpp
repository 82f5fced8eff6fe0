#pragma once

/// The version of hawser, MAJOR * 10000 + MINOR * 100 + PATCH. CMake reads it from here.
#define HAWSER_VERSION 100
