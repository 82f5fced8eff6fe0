#pragma once

#include <memory>

namespace hawser::detail {

/// Something that may be in use by a handler that runs, and so is destroyed only after it has returned.
///
/// It knows its destruction by a function pointer. A virtual destructor would do the same, and bring type
/// information along that is a tenth of a small program.
struct Retirable {
  explicit Retirable(void (*by)(Retirable*)) noexcept : destroy(by) {}
  Retirable(const Retirable&) = delete;
  Retirable& operator=(const Retirable&) = delete;

  void (*destroy)(Retirable*);
  Retirable* next = nullptr;  ///< In the list of what waits for its end.
};

template <typename Derived>
void destroy_as(Retirable* object) {
  delete static_cast<Derived*>(object);
}

struct Destroy {
  void operator()(Retirable* object) const { object->destroy(object); }
};

using RetirablePointer = std::unique_ptr<Retirable, Destroy>;

}  // namespace hawser::detail
