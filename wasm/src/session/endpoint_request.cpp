#include <hawser/session.hpp>

#include <utility>

#include "session_core.hpp"

namespace hawser {

EndpointRequest& EndpointRequest::operator=(EndpointRequest&& other) noexcept {
  fail();
  session_ = std::exchange(other.session_, {});
  attempt_ = other.attempt_;
  return *this;
}

EndpointRequest::~EndpointRequest() { fail(); }

void EndpointRequest::connect_to(const Endpoint& endpoint) {
  const auto session = std::exchange(session_, {}).lock();
  if (detail::mine(session.get())) session->answered(attempt_, &endpoint);
}

void EndpointRequest::fail() {
  const auto session = std::exchange(session_, {}).lock();
  if (detail::mine(session.get())) session->answered(attempt_, nullptr);
}

}  // namespace hawser
