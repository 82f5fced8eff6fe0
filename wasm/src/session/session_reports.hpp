#pragma once

#include <expected>

#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/outbox.hpp>
#include <hawser/session.hpp>

namespace hawser::detail {

class SessionCore;
class Socket;

/// The hooks through which sessions report their events. Its address may be null, as explained at
/// `SocketReports`.
struct SessionReports {
  void (*connecting)(const SessionCore& session, const Socket& socket);
  void (*changed)(const SessionCore& session, const SessionStatus& status);
  void (*sent)(const SessionCore& session, const Message& message,
               const std::expected<SendResult, Error>& result);
  void (*dropped)(const SessionCore& session, const Message& message);
  void (*failed)(const SessionCore& session, const Socket* socket, Error error);
  void (*released)(const SessionCore& session);
};

// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it has function pointers only
extern const SessionReports session_reports [[gnu::weak]];

}  // namespace hawser::detail
