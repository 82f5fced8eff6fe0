#pragma once

#include <expected>
#include <string>
#include <vector>

#include <hawser/error.hpp>

namespace hawser::detail {

struct OfferedProtocols;

/// Checks subprotocols, and joins them for the browser. Calls that open a connection pass on its address, from code that is
/// inline: a program that never has subprotocols does not contain it.
std::expected<OfferedProtocols, Error> offer_protocols(const std::vector<std::string>& protocols);
using OfferProtocols = decltype(offer_protocols);

}  // namespace hawser::detail
