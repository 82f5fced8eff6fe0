#pragma once

// Includes all of hawser, the WebSocket runtime for C++ in the browser.
//
// Three headers are not included, because they need more than hawser. <hawser/value.hpp> and
// <hawser/promise.hpp> need Embind, and <hawser/error_code.hpp> includes <system_error>.

#include <hawser/backoff.hpp>
#include <hawser/blocking.hpp>
#include <hawser/byte_stream.hpp>
#include <hawser/close.hpp>
#include <hawser/connect_options.hpp>
#include <hawser/connection.hpp>
#include <hawser/deadline.hpp>
#include <hawser/error.hpp>
#include <hawser/event.hpp>
#include <hawser/heartbeat.hpp>
#include <hawser/io_thread.hpp>
#include <hawser/javascript_error.hpp>
#include <hawser/message.hpp>
#include <hawser/observe.hpp>
#include <hawser/outbox.hpp>
#include <hawser/owned_message.hpp>
#include <hawser/payload.hpp>
#include <hawser/ready_state.hpp>
#include <hawser/receive_error.hpp>
#include <hawser/reconnect.hpp>
#include <hawser/recorder.hpp>
#include <hawser/scope.hpp>
#include <hawser/sender.hpp>
#include <hawser/session.hpp>
#include <hawser/sleep.hpp>
#include <hawser/supported.hpp>
#include <hawser/task.hpp>
#include <hawser/version.hpp>
#include <hawser/wait.hpp>
#include <hawser/web_socket.hpp>
#include <hawser/web_socket_options.hpp>
#include <hawser/when.hpp>
