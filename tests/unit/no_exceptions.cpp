#include "no_exceptions.hpp"

#include <hawser/when.hpp>

#include <utility>

hawser::Task<int> add_without_exceptions(hawser::Task<int> task, int number) {
  co_return co_await std::move(task) + number;
}

hawser::Task<int> add_all_without_exceptions(hawser::Task<int> one, hawser::Task<int> other) {
  const auto [first, second] = co_await hawser::when_all(std::move(one), std::move(other));
  co_return first + second;
}

std::size_t promise_size_without_exceptions() { return sizeof(hawser::Task<int>::promise_type); }
