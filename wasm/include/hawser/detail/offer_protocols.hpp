#pragma once

#include <expected>
#include <string>
#include <vector>

#include <hawser/error.hpp>

namespace hawser::detail {

struct OfferedProtocols;

/// Checks subprotocols, and joins them for the browser. Inline code passes on the address of this
/// function to calls that open a connection. So a program that never offers subprotocols does not
/// contain it.
std::expected<OfferedProtocols, Error> offer_protocols(const std::vector<std::string>& protocols);
using OfferProtocols = decltype(offer_protocols);

}  // namespace hawser::detail
