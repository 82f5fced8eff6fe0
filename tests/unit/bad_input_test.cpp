#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <hawser/testing/browser.hpp>
#include "opened.hpp"

using hawser::Error;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

std::optional<Error> refusal(std::string_view url, hawser::WebSocketOptions options = {}) {
  const auto socket = hawser::WebSocket::open(url, options);
  return socket ? std::nullopt : std::optional(socket.error());
}

}  // namespace

TEST_CASE(
    "a URL that is not an absolute ws: or wss: URL is refused before the browser sees it [R13]") {
  hawser::testing::Browser browser;
  const auto url =
      GENERATE(as<std::string>{},  //
               "", "/feed", "feed", "//host/", "ws:", "ws:/", "ws://", "wss://", "ws:///path",
               "ws:host", "http://host/", "https://host/", "ftp://host/", "javascript:alert(1)",
               "ws", "w", "wsss://host/", "ws://:80/", "ws://@/", "ws://user@", "ws://user@:80",
               "ws://?query", "ws:\\\\host", "ws://host/a b", " ws://host/", "ws://host/ ",
               "ws://host/\n", "ws://ho\tst/", "ws://host/\x7f", "ws://host\\path");
  CAPTURE(url);
  CHECK(refusal(url) == Error::invalid_url);
  CHECK(browser.calls().empty());
}

TEST_CASE("a URL with a fragment is refused, even an empty one [R13]") {
  hawser::testing::Browser browser;
  const auto url = GENERATE(as<std::string>{}, "ws://host/#part", "ws://host/#", "ws://host#part",
                            "ws://host/?a=1#b");
  CAPTURE(url);
  CHECK(refusal(url) == Error::invalid_url);
  CHECK(browser.calls().empty());
}

TEST_CASE("a URL whose port is not a number up to 65535 is refused [R13]") {
  hawser::testing::Browser browser;
  const auto url =
      GENERATE(as<std::string>{}, "ws://host:65536/", "ws://host:99999", "ws://host:http/",
               "ws://host:-1/", "ws://host:80:80/", "ws://host:8o/", "ws://user:pass@host:99999/",
               "ws://[::1]:99999/", "ws://[@host:99999/", "ws://[::1@host:http/",
               "ws://host:4294967376/", "ws://host:18446744073709551696/");
  CAPTURE(url);
  CHECK(refusal(url) == Error::invalid_url);
  CHECK(browser.calls().empty());
}

TEST_CASE("a URL with a NUL or with bytes that are not UTF-8 is refused [R13]") {
  hawser::testing::Browser browser;
  const auto url = GENERATE(as<std::string>{}, "ws://host/\0path"s, "ws://host\0"s, "\0ws://host"s,
                            "ws://host/\xff", "ws://host/\xc3", "ws://host/\xed\xa0\x80");
  CHECK(refusal(url) == Error::invalid_url);
  CHECK(browser.calls().empty());
}

TEST_CASE("a URL of more than 65536 bytes is refused, whatever it contains") {
  hawser::testing::Browser browser;
  const std::string base = "ws://host/";
  CHECK_FALSE(refusal(base + std::string(hawser::max_url_size - base.size(), 'a')));
  CHECK(refusal(base + std::string(hawser::max_url_size - base.size() + 1, 'a')) ==
        Error::url_too_long);
  CHECK(refusal(base + std::string(1 << 20, 'a')) == Error::url_too_long);
}

TEST_CASE("a URL that browsers accept reaches the browser unchanged") {
  hawser::testing::Browser browser;
  const auto url =
      GENERATE(as<std::string>{}, "ws://host", "ws://host/", "wss://host:443/path?query=1",
               "WS://Host/", "wSs://host/", "ws://127.0.0.1:8080/", "ws://[::1]/",
               "ws://[::1]:8080/", "ws://host:", "ws://host:/", "ws://host:0080/",
               "ws://host:65535/", "ws://user:pass@host:80/", "ws://host?query",
               "ws://host/?a=b:c@d", "ws://h\xc3\xbc/", "ws://host/%20", "ws://host/a:99999");
  CAPTURE(url);
  CHECK_FALSE(refusal(url));
  CHECK(browser.calls().at(0) == "new " + url + " []");
}

TEST_CASE("a URL that the browser's parser rejects is an invalid URL too [R1]") {
  hawser::testing::Browser browser;
  browser.throw_from_constructor("SyntaxError");
  CHECK(refusal("ws://[1.2.3]/") == Error::invalid_url);
}

TEST_CASE("a connection that the page's security forbids is blocked [R1]") {
  hawser::testing::Browser browser;
  browser.throw_from_constructor("SecurityError");
  CHECK(refusal("ws://host/") == Error::blocked);
}

TEST_CASE("a connection that is closed from the start is blocked, and leaves nothing behind [R1]") {
  hawser::testing::Browser browser;
  browser.close_from_the_start();
  CHECK(refusal("ws://host/") == Error::blocked);
  CHECK(browser.attached_sockets() == 0);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("any other exception of the constructor becomes an error [R1]") {
  hawser::testing::Browser browser;
  browser.throw_from_constructor("DataCloneError");
  CHECK(refusal("ws://host/") == Error::browser_exception);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a subprotocol that is not a token is refused [R13]") {
  hawser::testing::Browser browser;
  const auto protocol = GENERATE(as<std::string>{}, "", "a b", "a,b", "a, b", " ", "a\t",
                                 "caf\xc3\xa9", "a\0b"s, "a/b", "a@b", "\"a\"", "a;b", "a=b", "(a)",
                                 "[a]", "{a}", "<a>", "a?b", "a:b", "a\\b", "\x7f", "a\n");
  CAPTURE(protocol);
  CHECK(refusal("ws://host/", {.protocols = {"first", protocol}}) == Error::invalid_protocol);
  CHECK(browser.calls().empty());
}

TEST_CASE("a subprotocol that is offered twice is refused, even in a different case [R13]") {
  hawser::testing::Browser browser;
  CHECK(refusal("ws://host/", {.protocols = {"a", "b", "a"}}) == Error::invalid_protocol);
  CHECK(refusal("ws://host/", {.protocols = {"chat", "Chat"}}) == Error::invalid_protocol);
  CHECK(browser.calls().empty());
}

TEST_CASE("zero, one and many subprotocols are offered in order") {
  hawser::testing::Browser browser;
  CHECK_FALSE(refusal("ws://host/"));
  CHECK_FALSE(refusal("ws://host/", {.protocols = {"soap"}}));
  CHECK_FALSE(refusal("ws://host/", {.protocols = {"v2.feed", "v1.feed", "!#$%&'*+-.^_`|~"}}));
  const auto calls = browser.calls();
  CHECK(calls.at(0) == "new ws://host/ []");
  CHECK(calls.at(2) == "new ws://host/ [soap]");
  CHECK(calls.at(4) == "new ws://host/ [v2.feed,v1.feed,!#$%&'*+-.^_`|~]");
}

TEST_CASE("a deadline of zero or less is refused") {
  hawser::testing::Browser browser;
  CHECK(refusal("ws://host/", {.connect_timeout = 0ms}) == Error::invalid_timeout);
  CHECK(refusal("ws://host/", {.connect_timeout = -1ms}) == Error::invalid_timeout);
  CHECK(refusal("ws://host/", {.close_timeout = 0ms}) == Error::invalid_timeout);
  CHECK(refusal("ws://host/", {.close_timeout = std::chrono::milliseconds::min()}) ==
        Error::invalid_timeout);
  CHECK(browser.calls().empty());
}

TEST_CASE("a close code that an app may not use is refused and the socket stays open [R10]") {
  Opened opened;
  const auto code =
      GENERATE(0, 1, 999, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1015, 2999, 5000, 65535,
               65536, 66536, -1, std::numeric_limits<int>::max(), std::numeric_limits<int>::min());
  CAPTURE(code);
  CHECK(opened.socket.close(code).error() == Error::invalid_close_code);
  CHECK(opened.socket.close(code, "reason").error() == Error::invalid_close_code);
  CHECK(opened.socket.ready_state() == hawser::ReadyState::open);
  CHECK(opened.socket.send("still here"));
}

TEST_CASE("close codes 1000 and 3000 to 4999 are accepted [R10]") {
  Opened opened;
  const auto code = GENERATE(1000, 3000, 3999, 4000, 4999);
  CHECK(opened.socket.close(code, "done"));
  CHECK(opened.browser.calls().back() == "close " + std::to_string(code) + " done");
}

TEST_CASE(
    "a close reason of 123 bytes is accepted, one of 124 is refused and the socket stays open "
    "[R10]") {
  Opened opened;
  CHECK(opened.socket.close(1000, std::string(124, 'a')).error() == Error::close_reason_too_long);
  std::string euros;
  for (int i = 0; i < 42; ++i) euros += "\u20ac";
  CHECK(opened.socket.close(1000, euros).error() == Error::close_reason_too_long);
  CHECK(opened.socket.ready_state() == hawser::ReadyState::open);
  CHECK(opened.socket.close(1000, euros.substr(3)));
}

TEST_CASE("a close reason that is not UTF-8 is refused and the socket stays open [R6]") {
  Opened opened;
  const auto reason =
      GENERATE(as<std::string>{}, "\xff", "caf\xc3", "\xe2\x82", "\xed\xa0\x80", "\xc0\x80");
  CHECK(opened.socket.close(1000, reason).error() == Error::invalid_utf8);
  CHECK(opened.socket.ready_state() == hawser::ReadyState::open);
}

TEST_CASE("a close reason keeps U+0000 and every plane of Unicode [R6]") {
  Opened opened;
  CHECK(opened.socket.close(4000, "a\0b \u20ac \U0001F680"sv));
  CHECK(opened.browser.calls().back() == "close 4000 " + std::string("a\0b \u20ac \U0001F680"sv));
}

TEST_CASE("text that is not UTF-8 is refused before it is sent, and the socket stays open [R6]") {
  Opened opened;
  const auto text = GENERATE(as<std::string>{}, "\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc3",
                             "\xc3\x28", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf",
                             "\xf0\x8f\xbf\xbf", "\xf0\x9f\x9a", "\xf4\x90\x80\x80",
                             "\xf5\x80\x80\x80", "\xff", "\xff" + std::string(20, 'a'),
                             std::string(100, 'a') + "\xff", std::string(100, 'a') + "\xe2\x82");
  CHECK(opened.socket.send(text).error() == Error::invalid_utf8);
  CHECK(opened.browser.calls().size() == 1);
  CHECK(opened.socket.send("fine"));
}

TEST_CASE(
    "an exception from the browser's send becomes an error, and the socket keeps working [R1]") {
  Opened opened;
  opened.browser.throw_from_send();
  CHECK(opened.socket.send("text").error() == Error::browser_exception);
  CHECK(opened.socket.ready_state() == hawser::ReadyState::open);
}

TEST_CASE(
    "an exception from the browser's close becomes an error, and the socket stays open [R1]") {
  Opened opened;
  opened.browser.throw_from_close();
  CHECK(opened.socket.close().error() == Error::browser_exception);
  CHECK(opened.socket.ready_state() == hawser::ReadyState::open);
  CHECK(opened.browser.pending_timers() == 0);
}
