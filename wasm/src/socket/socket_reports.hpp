#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include <hawser/close.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>

namespace hawser::detail {

class Socket;

/// The hooks through which sockets report their events to `hawser::observe`.
///
/// Except for `deliver`, none of these runs a handler.
struct SocketReports {
  void (*opening)(const Socket& socket, const std::string_view& url,
                  const std::string_view& protocols);
  void (*opened)(const Socket& socket);
  std::expected<void, Error> (*send)(Socket& socket, MessageType type, const std::byte* data,
                                     std::size_t size);
  void (*sent_value)(const Socket& socket, const std::expected<void, Error>& result);
  void (*received)(const Socket& socket, const Message& message);
  void (*received_value)(const Socket& socket);
  void (*failed)(const Socket& socket, Error error);
  void (*closed)(const Socket& socket, const CloseEvent& end);
  void (*released)(const Socket& socket);

  /// An inbox drops a message to make room for the one being received.
  void (*dropped_from_inbox)(const Message& message);

  /// Calls the handlers for all reports, at the end of an event.
  void (*deliver)();

  /// Does the same later, because a handler threw.
  void (*deliver_later)();
};

/// Defined only by wasm/src/observe, which is linked into programs that observe. In all other
/// programs its address is null, and the linker's optimiser removes the code behind
/// `if (&socket_reports)`.
// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it has function pointers only
extern const SocketReports socket_reports [[gnu::weak]];

}  // namespace hawser::detail
