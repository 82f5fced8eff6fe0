#pragma once

#include <string>
#include <string_view>

/// The URL of an endpoint of the test server (tests/support/server.mjs), which runs beside this
/// program.
std::string server(std::string_view path);
