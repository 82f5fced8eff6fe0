#include <hawser/close.hpp>

#include "utf8.hpp"
#include "validation.hpp"

namespace hawser {

std::optional<Error> check_close(int code, std::string_view reason) noexcept {
  if (code != close_code::normal_closure && (code < 3000 || code > 4999))
    return Error::invalid_close_code;
  if (reason.size() > max_close_reason_size) return Error::close_reason_too_long;
  if (!is_utf8(reason)) return Error::invalid_utf8;
  return std::nullopt;
}

}  // namespace hawser
