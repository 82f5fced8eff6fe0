#include "program.hpp"

#include <initializer_list>
#include <utility>

namespace model {

using What = Step::What;

std::string times(std::size_t count, std::string_view unit) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += unit;
  return text;
}

Step when(int which, On on, Program steps, Throws throws) {
  return {.what = What::when,
          .which = which,
          .on = on,
          .flag = throws == Throws::yes,
          .inside = std::move(steps)};
}

Step advance(std::int64_t milliseconds) { return {.what = What::advance, .number = milliseconds}; }

Step stall(std::int64_t milliseconds) { return {.what = What::stall, .number = milliseconds}; }

namespace app {

Step open(int variable, std::string url, std::string protocols, std::int64_t connect_timeout,
          std::int64_t close_timeout, std::int64_t max_message_size) {
  return {.what = What::app_open,
          .which = variable,
          .number = connect_timeout,
          .other = close_timeout,
          .size = max_message_size,
          .text = std::move(url),
          .more = std::move(protocols)};
}
Step send(int variable, std::string text) {
  return {.what = What::app_send, .which = variable, .text = std::move(text)};
}
Step send_binary(int variable, std::string bytes) {
  return {.what = What::app_send_binary, .which = variable, .text = std::move(bytes)};
}
Step close(int variable, int code, std::string reason) {
  return {.what = What::app_close, .which = variable, .number = code, .text = std::move(reason)};
}
Step destroy(int variable) { return {.what = What::app_destroy, .which = variable}; }
Step drop(int variable) { return {.what = What::app_drop, .which = variable}; }
Step move(int from, int to) { return {.what = What::app_move, .which = from, .number = to}; }
Step listen(int variable, On on, int held) {
  return {.what = What::app_listen, .which = variable, .number = held, .on = on};
}
Step ignore(int variable, On on) { return {.what = What::app_ignore, .which = variable, .on = on}; }
Step drop_and_ignore(int variable, On on) {
  return {.what = What::app_drop_and_ignore, .which = variable, .on = on};
}
Step ask(int variable) { return {.what = What::app_ask, .which = variable}; }

}  // namespace app

namespace engine {

Step open(int which, std::string protocol, std::string extensions) {
  return {.what = What::engine_open,
          .which = which,
          .text = std::move(protocol),
          .more = std::move(extensions)};
}
Step text(int which, std::string message) {
  return {.what = What::engine_text, .which = which, .text = std::move(message)};
}
Step binary(int which, std::string message) {
  return {.what = What::engine_binary, .which = which, .text = std::move(message)};
}
Step text_without_memory(int which) {
  return {.what = What::engine_text_without_memory, .which = which};
}
Step error(int which) { return {.what = What::engine_error, .which = which}; }
Step close(int which, int code, std::string reason, bool was_clean) {
  return {.what = What::engine_close,
          .which = which,
          .number = code,
          .text = std::move(reason),
          .flag = was_clean};
}
Step begin_closing(int which) { return {.what = What::engine_begin_closing, .which = which}; }
Step buffered_amount(int which, std::int64_t bytes) {
  return {.what = What::engine_buffered_amount, .which = which, .number = bytes};
}
Step throw_from_constructor(std::string exception_name) {
  return {.what = What::engine_throw_from_constructor, .text = std::move(exception_name)};
}
Step throw_from_send() { return {.what = What::engine_throw_from_send}; }
Step throw_from_close() { return {.what = What::engine_throw_from_close}; }
Step end_inside_close() { return {.what = What::engine_end_inside_close}; }
Step fail_inside_close() { return {.what = What::engine_fail_inside_close}; }
Step end_inside_send() { return {.what = What::engine_end_inside_send}; }
Step behave() { return {.what = What::engine_behave}; }

}  // namespace engine

namespace {

/// `text` as a C++ literal. Each byte that needs an escape ends its literal, because nothing else
/// ends a hexadecimal escape.
std::string literal(std::string_view text) {
  std::string quoted = "\"";
  bool was_escape = false;
  for (const char c : text) {
    const bool is_plain = c >= ' ' && c < 0x7f;
    const bool is_digit =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (was_escape && is_plain && is_digit) quoted += "\" \"";
    was_escape = !is_plain;
    if (c == '"' || c == '\\') quoted += '\\';
    if (is_plain) {
      quoted += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      quoted += "\\x";
      quoted += "0123456789abcdef"[byte / 16];
      quoted += "0123456789abcdef"[byte % 16];
    }
  }
  quoted += '"';
  if (text.find('\0') == std::string_view::npos) return quoted;
  return "std::string(" + quoted + ", " + std::to_string(text.size()) + ")";
}

/// How many bytes from `text[at]` on belong to one character, as far as that can be determined.
std::size_t unit_size(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (at + size < text.size() && (text[at + size] & 0xC0) == 0x80) ++size;
  return size;
}

/// `text` as a C++ expression: a literal, or a sum that writes repeated parts only once.
std::string expression(std::string_view text) {
  std::vector<std::string> parts;
  std::string plain;
  const auto flush = [&] {
    if (!plain.empty()) parts.push_back(literal(plain));
    plain.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto unit = text.substr(at, unit_size(text, at));
    std::size_t count = 1;
    while (text.substr(at + count * unit.size(), unit.size()) == unit) ++count;
    if (count < 16) {
      plain += unit;
      at += unit.size();
      continue;
    }
    flush();
    parts.push_back("times(" + std::to_string(count) + ", " + literal(unit) + ")");
    at += count * unit.size();
  }
  flush();
  if (parts.empty()) return "\"\"";
  // A sum must start with a std::string.
  std::string sum = parts.size() > 1 && !parts.front().starts_with("times")
                        ? "std::string(" + parts.front() + ")"
                        : parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) sum += " + " + parts[i];
  return sum;
}

std::string name_of(On on) {
  switch (on) {
    case On::open: return "On::open";
    case On::message: return "On::message";
    case On::error: return "On::error";
    default: return "On::close";
  }
}

/// A call of `function`, without trailing arguments that equal their defaults.
std::string call(std::string_view function, std::vector<std::string> arguments,
                 std::initializer_list<std::string_view> defaults = {}) {
  auto usual = std::vector<std::string_view>(defaults);
  while (!usual.empty() && arguments.back() == usual.back()) {
    arguments.pop_back();
    usual.pop_back();
  }
  std::string text(function);
  text += '(';
  for (const auto& argument : arguments) text += (text.ends_with('(') ? "" : ", ") + argument;
  return text + ')';
}

std::string lines_of(const Program& program, const std::string& indent);

std::string when_to_cpp(const Step& step, const std::string& indent) {
  std::string text = "when(" + std::to_string(step.which) + ", " + name_of(step.on) + ", {";
  if (!step.inside.empty()) text += '\n' + lines_of(step.inside, indent + "    ") + indent;
  return text + (step.flag ? "}, Throws::yes)" : "})");
}

std::string to_cpp(const Step& step, const std::string& indent) {
  const std::string which = std::to_string(step.which);
  const std::string number = std::to_string(step.number);
  switch (step.what) {
    case What::when: return when_to_cpp(step, indent);
    case What::app_open:
      return call("app::open",
                  {which, expression(step.text), expression(step.more), number,
                   std::to_string(step.other), std::to_string(step.size)},
                  {"\"ws://host/\"", "\"\"", "30000", "5000", "1000000"});
    case What::app_send: return call("app::send", {which, expression(step.text)});
    case What::app_send_binary: return call("app::send_binary", {which, expression(step.text)});
    case What::app_close:
      return call("app::close", {which, number, expression(step.text)}, {"1000", "\"\""});
    case What::app_destroy: return call("app::destroy", {which});
    case What::app_drop: return call("app::drop", {which});
    case What::app_move: return call("app::move", {which, number});
    case What::app_listen: return call("app::listen", {which, name_of(step.on), number}, {"-1"});
    case What::app_ignore: return call("app::ignore", {which, name_of(step.on)});
    case What::app_drop_and_ignore: return call("app::drop_and_ignore", {which, name_of(step.on)});
    case What::app_ask: return call("app::ask", {which});
    case What::engine_open:
      return call("engine::open", {which, expression(step.text), expression(step.more)},
                  {"\"\"", "\"\""});
    case What::engine_text: return call("engine::text", {which, expression(step.text)});
    case What::engine_binary: return call("engine::binary", {which, expression(step.text)});
    case What::engine_text_without_memory: return call("engine::text_without_memory", {which});
    case What::engine_error: return call("engine::error", {which});
    case What::engine_close:
      return call("engine::close",
                  {which, number, expression(step.text), step.flag ? "true" : "false"},
                  {"\"\"", "true"});
    case What::engine_begin_closing: return call("engine::begin_closing", {which});
    case What::engine_buffered_amount: return call("engine::buffered_amount", {which, number});
    case What::engine_throw_from_constructor:
      return call("engine::throw_from_constructor", {expression(step.text)});
    case What::engine_throw_from_send: return "engine::throw_from_send()";
    case What::engine_throw_from_close: return "engine::throw_from_close()";
    case What::engine_end_inside_close: return "engine::end_inside_close()";
    case What::engine_fail_inside_close: return "engine::fail_inside_close()";
    case What::engine_end_inside_send: return "engine::end_inside_send()";
    case What::engine_behave: return "engine::behave()";
    case What::advance: return call("advance", {number});
    case What::stall: return call("stall", {number});
  }
  return "";
}

std::string lines_of(const Program& program, const std::string& indent) {
  std::string text;
  for (const auto& step : program) text += indent + to_cpp(step, indent) + ",\n";
  return text;
}

}  // namespace

std::string to_cpp(const Program& program) { return lines_of(program, "    "); }

std::size_t count_steps(const Program& program) {
  std::size_t count = program.size();
  for (const auto& step : program) count += count_steps(step.inside);
  return count;
}

}  // namespace model
