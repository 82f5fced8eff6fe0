#pragma once

#include <functional>
#include <string>

#include "program.hpp"

namespace model {

/// Plays `program` with hawser and with the model; where they differ, both accounts of it beside each other. Empty
/// where they agree.
std::string difference(const Program& program);

/// A program that still fails by the judgement of `fails`, as short and as plain as was found by leaving out steps and
/// making them simpler.
Program shrink(Program program, const std::function<bool(const Program&)>& fails);

}  // namespace model
