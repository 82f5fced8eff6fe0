#pragma once

#include <memory>

namespace hawser::detail {

/// An object that a running handler may still use. It is destroyed after the handler has returned.
///
/// A function pointer destroys it. A virtual destructor would work too, but its type information
/// makes up a tenth of a small program.
struct Retirable {
  explicit Retirable(void (*by)(Retirable*)) noexcept : destroy(by) {}
  Retirable(const Retirable&) = delete;
  Retirable& operator=(const Retirable&) = delete;

  void (*destroy)(Retirable*);
  Retirable* next = nullptr;  ///< In the list of objects to destroy.
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
