#include <hawser/supported.hpp>

#include "seam.hpp"

namespace hawser {

bool supported() noexcept {
  static const bool answer = seam::hawser_supported();
  return answer;
}

}  // namespace hawser
