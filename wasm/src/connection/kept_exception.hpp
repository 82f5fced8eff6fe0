#pragma once

#include <string>

#include <hawser/detail/owner_thread.hpp>

namespace hawser::detail {

/// A JavaScript exception that the other side of the seam keeps as long as this object exists.
struct KeptException {
  explicit KeptException(int number);
  KeptException(const KeptException&) = delete;
  KeptException& operator=(const KeptException&) = delete;
  ~KeptException();

  int id;
  std::string text;
  [[no_unique_address]] OwnerThread owner;
};

}  // namespace hawser::detail
