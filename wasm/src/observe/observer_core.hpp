#pragma once

#include <hawser/observe.hpp>

#include <cstdint>
#include <utility>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/detail/retirable.hpp>
#include <hawser/detail/ring.hpp>

namespace hawser::detail {

/// What an `Observer` owns.
struct ObserverCore final : Retirable, Link {
  ObserverCore(Handler<void(const Observation&)> by, const ObserveOptions& with)
      : Retirable(destroy_as<ObserverCore>), handler(std::move(by)), options(with) {}

  Handler<void(const Observation&)> handler;
  ObserveOptions options;
  [[no_unique_address]] const OwnerThread owner;
  std::uint64_t last_seen = 0;  // the number of the last record it was called with
};

/// Calls the handlers now. Use it only inside an event.
void deliver_observations();

}  // namespace hawser::detail
