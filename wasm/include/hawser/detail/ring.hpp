#pragma once

namespace hawser::detail {

/// A member of at most one ring. Leaves the ring when it is destroyed.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { leave(); }

  bool is_in_ring() const noexcept { return next_; }

  void leave() noexcept {
    if (!next_) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = nullptr;
  }

  /// Joins the ring of `other`, in front of it. In front of the `Ring` object is the end of the
  /// ring.
  void join(Link& other) noexcept {
    leave();
    previous_ = other.previous_;
    next_ = &other;
    previous_->next_ = other.previous_ = this;
  }

  Link& previous() const noexcept { return *previous_; }
  Link& next() const noexcept { return *next_; }

 protected:
  Link* previous_ = nullptr;
  Link* next_ = nullptr;
};

/// A doubly linked list that allocates nothing: the members contain the links. The first to join is
/// at the front.
template <typename Member>
class Ring : public Link {
 public:
  Ring() noexcept { previous_ = next_ = this; }
  bool empty() const noexcept { return next_ == this; }
  Member& front() const noexcept { return static_cast<Member&>(next()); }
};

}  // namespace hawser::detail
