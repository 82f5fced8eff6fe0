#include <hawser/javascript_error.hpp>

#include <cstdint>
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
  if (owner.is_this())
    seam::hawser_release_exception(id);
  else
    owner.post(
        [](void* number) { seam::hawser_release_exception(static_cast<int>(reinterpret_cast<std::intptr_t>(number))); },
        reinterpret_cast<void*>(static_cast<std::intptr_t>(id)));
}

}  // namespace detail

JavaScriptError::JavaScriptError(std::shared_ptr<const detail::KeptException> exception) noexcept
    : exception_(std::move(exception)) {}

const char* JavaScriptError::what() const noexcept { return exception_->text.c_str(); }

void JavaScriptError::throw_original() const { seam::hawser_throw_exception(exception_->id); }

}  // namespace hawser
