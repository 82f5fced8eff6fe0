// hawser with handlers, while an observer counts what its sockets do.

#include <hawser/observe.hpp>

#include "hawser.cpp"  // the same program

namespace {

double seen = 0;

const hawser::Observer observer = hawser::observe([](const hawser::Observation&) { ++seen; });

}  // namespace
