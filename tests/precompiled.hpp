// Headers that almost every test includes, for CMake to compile once. Each file still includes
// everything it uses.

#pragma once

#include <algorithm>
#include <array>
#include <catch_amalgamated.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <expected>
#include <functional>
#include <hawser/hawser.hpp>
#include <hawser/session.hpp>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
