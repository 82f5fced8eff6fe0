#pragma once

#include <optional>
#include <stop_token>

#include <hawser/detail/owner_thread.hpp>
#include <hawser/error.hpp>

namespace hawser::detail {

/// Why an operation on `object` cannot start. None if it can.
template <typename Object>
std::optional<Error> start_error(Object* object, const std::stop_token& stop) {
  if (!object) return Error::no_connection;
  if (!mine(object)) return Error::wrong_thread;
  if (stop.stop_requested()) return Error::cancelled;
  return std::nullopt;
}

}  // namespace hawser::detail
