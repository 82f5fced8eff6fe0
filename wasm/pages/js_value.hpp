#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

// How the exports of both modules pass what is no number: arguments as address and size, results by page_return_text, and
// values of JavaScript by the handles of page.js.

extern "C" {
void page_keep_value(void* handle);
void page_release_value(void* handle);
void page_return_text(const char* text, std::size_t size);
}

namespace hawser::pages {

/// A JavaScript value, kept as long as a copy of this exists.
class JsValue {
 public:
  explicit JsValue(void* handle) noexcept : handle_(handle) { page_keep_value(handle); }
  JsValue(const JsValue& other) noexcept : handle_(other.handle_) {
    if (handle_) page_keep_value(handle_);
  }
  JsValue(JsValue&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  JsValue& operator=(JsValue other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~JsValue() {
    if (handle_) page_release_value(handle_);
  }

  /// Valid as long as this is.
  [[nodiscard]] void* handle() const noexcept { return handle_; }

 private:
  void* handle_;
};

inline void return_text(std::string_view text) { page_return_text(text.data(), text.size()); }

}  // namespace hawser::pages
