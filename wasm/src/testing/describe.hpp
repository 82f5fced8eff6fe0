#pragma once

#include <string>
#include <string_view>

#include "script.hpp"

namespace hawser::testing {

/// A call as `Browser::calls` returns it.
std::string to_line(const script::Call& call);

/// A message in words, for a failure: "the text \"hello\"", "3 bytes (01 02 03)". Long messages are
/// shortened.
std::string describe(const Message& message);

/// A call in words, as something that the application did: "sent the text \"hello\"", "closed the
/// connection with code 1000".
std::string describe(const script::Call& call);

/// A clause about exceptions thrown by handlers, because these may be why an expectation was not
/// met. Empty if there are none.
std::string describe_exceptions();

/// Decodes hexadecimal digits.
std::string from_hex(std::string_view digits);

}  // namespace hawser::testing
