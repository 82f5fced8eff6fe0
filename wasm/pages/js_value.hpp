#pragma once

#include <cstddef>
#include <string_view>

// How the exports of both modules pass everything except numbers: arguments as address and size,
// results through page_return_text, and JavaScript values through the handles of page.js.

extern "C" {
void page_keep_value(void* handle);
void page_release_value(void* handle);
void page_return_text(const char* text, std::size_t size);
}

namespace hawser::pages {

/// A JavaScript value, kept alive as long as a copy of this object exists.
class JsValue {
 public:
  explicit JsValue(void* handle) noexcept : handle_(handle) { page_keep_value(handle_); }
  JsValue(const JsValue& other) noexcept : JsValue(other.handle_) {}
  JsValue& operator=(const JsValue&) = delete;
  ~JsValue() { page_release_value(handle_); }

  /// Valid as long as this object exists.
  [[nodiscard]] void* handle() const noexcept { return handle_; }

 private:
  void* handle_;
};

inline void return_text(std::string_view text) { page_return_text(text.data(), text.size()); }

}  // namespace hawser::pages
