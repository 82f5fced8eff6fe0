#pragma once

#include <optional>

#include <hawser/detail/ring.hpp>
#include <hawser/error.hpp>

namespace hawser::detail {

/// Coroutines that wait for the same thing, in the order in which they began to wait.
template <typename Member>
class WaitQueue : public Ring<Member> {
 public:
  WaitQueue() = default;
  ~WaitQueue() { end_all(Error::destroyed); }

  void end_all(std::optional<Error> error) {
    while (!this->empty()) this->front().end(error);
  }
};

}  // namespace hawser::detail
