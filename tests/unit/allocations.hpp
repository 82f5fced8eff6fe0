#pragma once

#include <cstddef>

/// How often this program has called malloc so far, operator new included.
std::size_t allocations();
