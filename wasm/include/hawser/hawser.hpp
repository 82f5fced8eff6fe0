#pragma once

/// The whole of hawser: the WebSocket runtime for C++ in the browser.

#include <hawser/close.hpp>
#include <hawser/error.hpp>
#include <hawser/message.hpp>
#include <hawser/supported.hpp>
#include <hawser/version.hpp>
#include <hawser/web_socket.hpp>
