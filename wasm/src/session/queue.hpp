#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace hawser::detail {

/// First in, first out. `std::deque` does the same in more code.
template <typename Value>
class Queue {
 public:
  bool empty() const noexcept { return values_.empty(); }

  void push(Value value) { values_.push_back(std::move(value)); }

  /// Takes out the oldest value. There must be one.
  Value pop() {
    Value oldest = std::move(values_[first_++]);
    if (2 * first_ >= values_.size()) {
      values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return oldest;
  }

 private:
  std::vector<Value> values_;
  std::size_t first_ = 0;  // those before it were taken out
};

}  // namespace hawser::detail
