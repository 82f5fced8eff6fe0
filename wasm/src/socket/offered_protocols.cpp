#include "offered_protocols.hpp"

#include <algorithm>

#include "validation.hpp"

std::expected<hawser::detail::OfferedProtocols, hawser::Error> hawser::detail::offer_protocols(
    const std::vector<std::string>& protocols) {
  if (const auto error = check_protocols(protocols)) return std::unexpected(*error);
  OfferedProtocols offered;
  for (const auto& protocol : protocols) offered.size += protocol.size() + 1;
  offered.text.reset(new char[offered.size]);
  char* end = offered.text.get();
  for (const auto& protocol : protocols) {
    end = std::copy_n(protocol.data(), protocol.size(), end);
    *end++ = ',';  // NOLINT(clang-analyzer-security.ArrayBound): `size` counts it
  }
  return offered;
}
