#pragma once

#include <hawser/testing/browser.hpp>
#include <hawser/web_socket.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../unit/allocations.hpp"
#include "model.hpp"
#include "program.hpp"

namespace model {

/// The testing kit's browser, with the model's verbs. Steps for sockets that don't exist are
/// ignored.
class RealBrowser : public hawser::testing::Browser {
 public:
  void choose(int number) { number_ = number; }

  void open(std::string_view protocol, std::string_view extensions) {
    if (is_there()) chosen().raise_open(protocol, extensions);
  }
  void text(std::string_view message) {
    if (is_there()) chosen().raise_message(message);
  }
  void binary(std::span<const std::byte> message) {
    if (is_there()) chosen().raise_message(message);
  }
  void error() {
    if (is_there()) chosen().raise_error();
  }
  void close(int code, std::string_view reason, bool was_clean) {
    if (is_there()) chosen().raise_close(code, reason, was_clean);
  }
  void begin_closing() {
    if (is_there()) chosen().raise_closing();
  }
  void set_buffered_amount(double bytes) {
    if (is_there()) chosen().set_buffered_amount(bytes);
  }
  void stall(std::chrono::milliseconds time) { block(time); }

 private:
  bool is_there() const { return number_ < connections(); }
  hawser::testing::Peer chosen() { return peer(number_); }

  int number_ = 0;
};

inline void deliver_without_memory(RealBrowser& browser) {
  static const std::string large(unaffordable_message, 'l');
  const MemoryShortage shortage(50'000);
  browser.text(large);
}
inline void deliver_without_memory(Browser& browser) { browser.text_without_memory(); }

/// Plays a program with hawser or with the model, and writes down all events and results.
template <typename Engine, typename Socket>
class Stage {
 public:
  /// What happened, one line per event.
  static std::string play(const Program& program) {
    Stage stage;
    for (const auto& step : program) {
      stage.does(step);
      stage.sum_up();
    }
    stage.finish();
    return std::move(stage.log_);
  }

 private:
  /// The app's side of a connection, which handlers may hold.
  struct Held {
    Socket socket;
    int number = -1;  // the engine's
  };
  using Holder = std::shared_ptr<Held>;

  /// A handler's captures. The handler writes to them after its steps, so they must still exist.
  struct Captured {
    Captured(Stage& on_stage, int of, int kept_number, Holder to_hold)
        : stage(on_stage), number(of), serial(kept_number), held(std::move(to_hold)) {
      ++stage.handlers_;
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    ~Captured() { --stage.handlers_; }

    Stage& stage;
    int number;  // of the engine's socket
    int serial;
    int runs = 0;
    Holder held;
  };

  struct Thrown {};

  /// A copy of a text with nothing after it, not even a NUL, so that a sanitizer catches reads past
  /// its end.
  class Apart {
   public:
    explicit Apart(std::string_view text) : characters_(text.begin(), text.end()) {}
    std::string_view text() const { return {characters_.data(), characters_.size()}; }
    std::span<const std::byte> bytes() const { return std::as_bytes(std::span(characters_)); }

   private:
    std::vector<char> characters_;
  };

  Stage() {
    for (auto& variable : variables_) variable = hold();
  }

  Holder hold() {
    auto holder = std::make_shared<Held>();
    holders_.push_back(holder);
    return holder;
  }

  template <typename... Parts>
  void write(const Parts&... parts) {
    (append(parts), ...);
    log_ += '\n';
  }
  void append(std::string_view text) { log_ += text; }
  void append(std::integral auto number) { log_ += std::to_string(number); }
  void append(const std::expected<void, Error>& result) {
    if (result) return append("done");
    append("error ");
    append(static_cast<int>(result.error()));
  }
  void append(const CloseEvent& event) {
    write(event.code, event.was_clean ? " clean" : " unclean", " error ",
          event.error ? static_cast<int>(*event.error) : 0, " \"", event.reason, "\"");
  }

  // Handlers

  void listens(Holder to, On on, Holder held) {
    auto captured = std::make_shared<Captured>(*this, to->number, serials_++, std::move(held));
    switch (on) {
      case On::open:
        return to->socket.on_open([captured] { captured->stage.hears(*captured, On::open); });
      case On::message:
        return to->socket.on_message(
            [captured](const Message& message) { captured->stage.hears(*captured, message); });
      case On::error:
        return to->socket.on_error(
            [captured](Error error) { captured->stage.hears(*captured, error); });
      case On::close:
        return to->socket.on_close(
            [captured](const CloseEvent& event) { captured->stage.hears(*captured, event); });
    }
  }

  void ignores(Held& by, On on) {
    switch (on) {
      case On::open: return by.socket.on_open({});
      case On::message: return by.socket.on_message({});
      case On::error: return by.socket.on_error({});
      case On::close: return by.socket.on_close({});
    }
  }

  void hears(Captured& captured, On on) {
    write("#", captured.number, " open, by ", captured.serial, ", calls ", browser_.made_calls());
    acts(captured, on);
  }

  void hears(Captured& captured, const Message& message) {
    const std::string before(message.text());
    write("#", captured.number, message.is_text() ? " text \"" : " binary \"", before, "\", by ",
          captured.serial);
    acts(captured, On::message, [&] {
      if (message.text() != before) write("the message changed while its handler ran");
    });
  }

  void hears(Captured& captured, Error error) {
    write("#", captured.number, " error ", static_cast<int>(error), ", by ", captured.serial,
          ", calls ", browser_.made_calls());
    acts(captured, On::error);
  }

  void hears(Captured& captured, const CloseEvent& event) {
    const CloseEvent before = event;
    write("#", captured.number, " close, by ", captured.serial, ", calls ", browser_.made_calls());
    append(event);
    acts(captured, On::close, [&] {
      if (event.reason != before.reason || event.code != before.code ||
          event.error != before.error) {
        write("the event changed while its handler ran");
      }
    });
  }

  /// Does the steps that the program has for this handler.
  void acts(Captured& captured, On on, const auto&... afterwards) {
    auto& plans = plans_[{captured.number, on}];
    if (plans.empty()) return;
    const Step& plan = *plans.front();
    plans.pop_front();
    for (const auto& step : plan.inside) does(step);
    ++captured.runs;
    (afterwards(), ...);
    write("the handler ", captured.serial, plan.flag ? " throws" : " returns");
    if (plan.flag) throw Thrown{};
  }

  // Steps

  void does(const Step& step) {
    switch (step.what) {
      case Step::What::when: return plans_[{step.which, step.on}].push_back(&step);
      case Step::What::advance: return browser_.advance(milliseconds(step.number));
      case Step::What::stall: return browser_.stall(milliseconds(step.number));
      case Step::What::app_open:
      case Step::What::app_send:
      case Step::What::app_send_binary:
      case Step::What::app_close:
      case Step::What::app_destroy:
      case Step::What::app_drop:
      case Step::What::app_move:
      case Step::What::app_listen:
      case Step::What::app_ignore:
      case Step::What::app_drop_and_ignore:
      case Step::What::app_ask:
        return app_does(step, variables_.at(static_cast<std::size_t>(step.which)));
      default: return engine_does(step);
    }
  }

  /// `holder` is a copy: the last reference to a WebSocket must not be destroyed during a call on
  /// it.
  void app_does(const Step& step, Holder holder) {
    Held& held = *holder;
    const Apart apart(step.text);
    auto& variable = variables_.at(static_cast<std::size_t>(step.which));
    switch (step.what) {
      case Step::What::app_open: return opens(step, holder);
      case Step::What::app_send:
        return write("send ", step.which, ": ", held.socket.send(apart.text()));
      case Step::What::app_send_binary:
        return write("send ", step.which, ": ", held.socket.send(apart.bytes()));
      case Step::What::app_close:
        return write("close ", step.which, ": ",
                     held.socket.close(static_cast<int>(step.number), apart.text()));
      case Step::What::app_destroy: held.socket = Socket(); return;
      case Step::What::app_drop: variable = hold(); return;
      case Step::What::app_move:
        return moves(holder, variables_.at(static_cast<std::size_t>(step.number)));
      case Step::What::app_listen:
        return listens(
            holder, step.on,
            step.number < 0 ? nullptr : variables_.at(static_cast<std::size_t>(step.number)));
      case Step::What::app_ignore: return ignores(held, step.on);
      case Step::What::app_drop_and_ignore:
        if (holder.use_count() < 3) return;  // only the variable and this function hold it
        holder.reset();
        variable = hold();
        return ignores(held, step.on);
      default:
        return write("ask ", step.which, ": state ", static_cast<int>(held.socket.ready_state()),
                     ", buffered ", held.socket.buffered_amount(), ", ", held.socket.url(), ", ",
                     held.socket.protocol(), ", ", held.socket.extensions());
    }
  }

  void opens(const Step& step, const Holder& holder) {
    hawser::WebSocketOptions options{.connect_timeout = milliseconds(step.number),
                                     .close_timeout = milliseconds(step.other),
                                     .max_message_size = static_cast<std::size_t>(step.size)};
    for (std::size_t begin = 0; begin < step.more.size();) {
      const auto end = std::min(step.more.find(',', begin), step.more.size());
      options.protocols.push_back(step.more.substr(begin, end - begin));
      begin = end + 1;
    }
    auto opened = Socket::open(step.text, options);
    if (!opened) return write("open ", step.which, ": error ", static_cast<int>(opened.error()));
    write("open ", step.which, ": done");
    holder->socket = std::move(*opened);
    holder->number = sockets_++;
    for (const auto on : {On::open, On::message, On::error, On::close})
      listens(holder, on, nullptr);
  }

  void moves(const Holder& from, const Holder& to) {
    if (from == to) return;
    const int number = std::exchange(from->number, -1);
    to->socket = std::move(from->socket);
    to->number = number;
  }

  void engine_does(const Step& step) {
    const auto bytes = std::as_bytes(std::span(step.text));
    browser_.choose(step.which);
    switch (step.what) {
      case Step::What::engine_open: return browser_.open(step.text, step.more);
      case Step::What::engine_text: return browser_.text(step.text);
      case Step::What::engine_binary: return browser_.binary(bytes);
      case Step::What::engine_text_without_memory: return deliver_without_memory(browser_);
      case Step::What::engine_error: return browser_.error();
      case Step::What::engine_close:
        return browser_.close(static_cast<int>(step.number), step.text, step.flag);
      case Step::What::engine_begin_closing: return browser_.begin_closing();
      case Step::What::engine_buffered_amount:
        return browser_.set_buffered_amount(static_cast<double>(step.number));
      case Step::What::engine_throw_from_constructor:
        return browser_.throw_from_constructor(step.text);
      case Step::What::engine_throw_from_send: return browser_.throw_from_send();
      case Step::What::engine_throw_from_close: return browser_.throw_from_close();
      case Step::What::engine_end_inside_close: return browser_.end_inside_close();
      case Step::What::engine_fail_inside_close: return browser_.fail_inside_close();
      case Step::What::engine_end_inside_send: return browser_.end_inside_send();
      default: return browser_.behave();
    }
  }

  /// Notes the state after each step of the outermost level.
  void sum_up() {
    append("-- states");
    for (const auto& variable : variables_) {
      append(" ");
      append(static_cast<int>(variable->socket.ready_state()));
    }
    write(", calls ", browser_.made_calls(), ", attached ", browser_.attached_sockets(),
          ", timers ", browser_.pending_timers(), ", exceptions ", browser_.reported_exceptions(),
          ", handlers ", handlers_);
  }

  /// Ends all connections, destroys all sockets, and notes the calls to the engine.
  void finish() {
    plans_.clear();
    browser_.behave();
    for (int number = 0; number < sockets_; ++number) {
      browser_.choose(number);
      browser_.close(1000, "the end", true);
    }
    browser_.advance(std::chrono::seconds(1));
    sum_up();
    for (const auto& weak : holders_) {
      if (const auto holder = weak.lock()) holder->socket = Socket();
    }
    sum_up();
    for (const auto& line : browser_.calls()) write("call ", line);
  }

  Engine browser_;
  std::string log_;
  std::map<std::pair<int, On>, std::deque<const Step*>> plans_;
  std::vector<std::weak_ptr<Held>> holders_;
  int sockets_ = 0;
  int handlers_ = 0;
  int serials_ = 0;
  std::array<Holder, variables> variables_;
};

}  // namespace model
