#include "describe.hpp"

namespace hawser::testing {

namespace {

constexpr std::size_t most_shown = 200;  // characters, or bytes of binary data

std::string quote(std::string_view text) {
  if (text.size() <= most_shown) return '"' + std::string(text) + '"';
  auto cut = most_shown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return '"' + std::string(text.substr(0, cut)) + "…\" (" + std::to_string(text.size()) + " bytes)";
}

std::string list(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes.substr(0, most_shown)) {
    const auto byte = static_cast<unsigned char>(c);
    digits += digits.empty() ? "" : " ";
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  std::string count = bytes.size() == 1 ? "1 byte" : std::to_string(bytes.size()) + " bytes";
  if (bytes.empty()) return count;
  return count + " (" + digits + (bytes.size() > most_shown ? " …)" : ")");
}

std::string describe_close(std::string_view data) {
  const auto space = data.find(' ');
  const auto code = data.substr(0, space);
  const auto reason = data.substr(space + 1);
  std::string text = code == "0" ? "closed the connection without a code"
                                 : "closed the connection with code " + std::string(code);
  if (!reason.empty()) text += " and the reason " + quote(reason);
  return text;
}

}  // namespace

std::string to_line(const script::Call& call) {
  using What = script::Call::What;
  switch (call.what) {
    case What::construct: return "new " + call.data;
    case What::text: return "send text " + call.data;
    case What::binary: return "send binary " + call.data;
    case What::close: return "close " + call.data;
    default: return "close";
  }
}

std::string describe(const Message& message) {
  return message.is_text() ? "the text " + quote(message.text()) : list(message.text());
}

std::string describe(const script::Call& call) {
  using What = script::Call::What;
  switch (call.what) {
    case What::construct: return "started a connection to " + call.data;
    case What::text: return "sent the text " + quote(call.data);
    case What::binary: return "sent " + list(from_hex(call.data));
    case What::close: return describe_close(call.data);
    default: return "gave up the connection without sending a Close frame";
  }
}

std::string describe_exceptions() {
  const int count = script::reported_exceptions();
  if (count == 0) return {};
  const std::string exceptions =
      count == 1 ? "an exception has" : std::to_string(count) + " exceptions have";
  return " (" + exceptions + " left handlers of the application)";
}

std::string from_hex(std::string_view digits) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  }
  return bytes;
}

}  // namespace hawser::testing
