// The library without some of its validation, to show what each rule costs in bytes. Built as one
// translation unit, as the library itself is.

#ifdef WITHOUT_UTF8
#define is_utf8 unused_is_utf8
#endif
#include "../../../wasm/src/socket/utf8.cpp"
#undef is_utf8
#ifdef WITHOUT_UTF8
namespace hawser {
static bool is_utf8(const std::string_view&) noexcept { return true; }
}  // namespace hawser
#endif

#ifdef WITHOUT_URL
#define check_url unused_check_url
#endif
#ifdef WITHOUT_CLOSE
#define check_close unused_check_close
#endif

#include "../../../wasm/src/socket/close.cpp"
#include "../../../wasm/src/socket/validation.cpp"

#undef check_url
#undef check_close

namespace hawser {
#ifdef WITHOUT_URL
static std::optional<Error> check_url(std::string_view) noexcept { return {}; }
#endif
#ifdef WITHOUT_CLOSE
static std::optional<Error> check_close(int, std::string_view) noexcept { return {}; }
#endif
}  // namespace hawser

#include "../../../wasm/src/socket/deferred_destruction.cpp"
#include "../../../wasm/src/socket/error.cpp"
#include "../../../wasm/src/socket/offered_protocols.cpp"
#include "../../../wasm/src/socket/owner_thread.cpp"
#include "../../../wasm/src/socket/receive_buffer.cpp"
#include "../../../wasm/src/socket/socket.cpp"
#include "../../../wasm/src/socket/supported.cpp"
#include "../../../wasm/src/socket/web_socket.cpp"
