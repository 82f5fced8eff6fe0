#include <hawser/javascript_error.hpp>

#include <memory>
#include <string>
#include <utility>

#include "../socket/seam.hpp"
#include "kept_exception.hpp"

namespace hawser {

namespace detail {

namespace {

std::string text_of(int exception) {
  std::string text;
  const auto write = [&](char* into, std::size_t capacity) {
    return seam::hawser_exception_text(exception, into, capacity);
  };
  text.resize_and_overwrite(write(nullptr, 0), write);
  return text;
}

}  // namespace

KeptException::KeptException(int number) : id(number), text(text_of(number)) {}

KeptException::~KeptException() {
  if (owner.is_this()) {
    seam::hawser_release_exception(id);
    return;
  }
  int* const number = new int(id);
  const bool is_posted = owner.post(
      [](void* posted) {
        const std::unique_ptr<int> held(static_cast<int*>(posted));
        seam::hawser_release_exception(*held);
      },
      number);
  if (!is_posted) delete number;
}

}  // namespace detail

JavaScriptError::JavaScriptError(std::shared_ptr<const detail::KeptException> exception) noexcept
    : exception_(std::move(exception)) {}

const char* JavaScriptError::what() const noexcept { return exception_->text.c_str(); }

void JavaScriptError::throw_original() const { seam::hawser_throw_exception(exception_->id); }

}  // namespace hawser
