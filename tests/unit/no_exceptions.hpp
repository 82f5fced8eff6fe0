#pragma once

#include <hawser/task.hpp>

#include <cstddef>

// Compiled in a part of the program that is built without exceptions.

hawser::Task<int> add_without_exceptions(hawser::Task<int> task, int number);
hawser::Task<int> add_all_without_exceptions(hawser::Task<int> one, hawser::Task<int> other);
std::size_t promise_size_without_exceptions();
