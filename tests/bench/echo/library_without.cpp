// The library without some of what it validates, which tells what each rule costs in bytes. Built as one translation
// unit, as the library itself is.

#ifdef WITHOUT_URL
#define check_url unused_check_url
#endif
#ifdef WITHOUT_PROTOCOLS
#define check_protocols unused_check_protocols
#endif
#ifdef WITHOUT_CLOSE
#define check_close unused_check_close
#endif
#ifdef WITHOUT_UTF8
#define is_utf8 unused_is_utf8
#endif

#include "../../../wasm/src/validation.cpp"

#undef check_url
#undef check_protocols
#undef check_close
#undef is_utf8

namespace hawser {
#ifdef WITHOUT_URL
static std::optional<Error> check_url(std::string_view) noexcept { return {}; }
#endif
#ifdef WITHOUT_PROTOCOLS
static std::optional<Error> check_protocols(std::span<const std::string>) noexcept { return {}; }
#endif
#ifdef WITHOUT_CLOSE
static std::optional<Error> check_close(int, std::string_view) noexcept { return {}; }
#endif
#ifdef WITHOUT_UTF8
static bool is_utf8(std::string_view) noexcept { return true; }
#endif
}  // namespace hawser

#include "../../../wasm/src/dispatch.cpp"
#include "../../../wasm/src/error.cpp"
#include "../../../wasm/src/socket.cpp"
#include "../../../wasm/src/supported.cpp"
#include "../../../wasm/src/web_socket.cpp"
