#pragma once

#include <hawser/detail/maybe_error.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/error.hpp>

namespace hawser::detail {

/// Coroutines that wait for the same thing, in the order in which they started waiting.
template <typename Member>
class WaitQueue : public Ring<Member> {
 public:
  WaitQueue() = default;
  ~WaitQueue() { end_all(Error::destroyed); }

  void end_all(MaybeError error) {
    while (!this->empty()) this->front().end(error);
  }
};

}  // namespace hawser::detail
