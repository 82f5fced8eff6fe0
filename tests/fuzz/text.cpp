// Fuzzes hawser's checks of text, subprotocols, and close codes and reasons, against an independent
// implementation (tests/model/oracle.hpp).

#include "../../wasm/src/socket/utf8.hpp"
#include "../../wasm/src/socket/validation.hpp"
#include "../model/oracle.hpp"
#include "input.hpp"

using fuzz::demand;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data),
                              size);  // with nothing after it, not even a NUL
  demand(hawser::is_utf8(text) == oracle::is_utf8(text), "both implementations agree about UTF-8");
  // The same at an offset, since hawser checks eight bytes at once.
  const std::string later = "1234567" + std::string(text);
  demand(hawser::is_utf8(later) == oracle::is_utf8(later),
         "both implementations agree about UTF-8 at an offset");

  const auto protocols = fuzz::split(text);
  demand(hawser::check_protocols(protocols) == oracle::refuse_protocols(protocols),
         "both implementations agree about subprotocols");
  const std::vector whole = {std::string(text)};
  demand(hawser::check_protocols(whole) == oracle::refuse_protocols(whole),
         "both implementations agree about a subprotocol");
  demand(hawser::is_token(text) == oracle::is_token(text),
         "both implementations agree about a token");

  fuzz::Input input(data, size);
  const int code = input.flag() ? input.take<std::uint16_t>() : input.take<int>();
  const std::string reason = input.text(size);
  demand(hawser::check_close(code, reason) == oracle::refuse_close(code, reason),
         "both implementations agree about a close");
  demand(hawser::check_close(1000, text) == oracle::refuse_close(1000, text),
         "both implementations agree about a close reason");
  return 0;
}
