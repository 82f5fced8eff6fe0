#pragma once

#include <functional>
#include <string>

#include "program.hpp"

namespace model {

/// Plays `program` with hawser and with the model. Returns both accounts side by side if they
/// differ, and nothing otherwise.
std::string difference(const Program& program);

/// Leaves out steps of a failing program and simplifies the others. The result is the shortest one
/// found that still fails according to `fails`.
Program shrink(Program program, const std::function<bool(const Program&)>& fails);

}  // namespace model
