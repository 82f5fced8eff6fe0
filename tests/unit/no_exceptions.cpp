#include "no_exceptions.hpp"

#include <utility>

hawser::Task<int> add_without_exceptions(hawser::Task<int> task, int number) {
  co_return co_await std::move(task) + number;
}

std::size_t promise_size_without_exceptions() { return sizeof(hawser::Task<int>::promise_type); }
