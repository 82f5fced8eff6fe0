#pragma once

#include <emscripten/val.h>

#include <utility>

#include <hawser/web_socket.hpp>

// Sends and receives JavaScript values without copying them into the program's memory.
//
// This is a separate header because it needs Embind: link with -lembind.
//
//     #include <hawser/value.hpp>
//
//     socket.send(file);  // an emscripten::val, such as a Blob
//     socket.on_value([](const emscripten::val& data) { show(data); });

namespace hawser {

inline std::expected<void, Error> WebSocket::send(const emscripten::val& value) {
  return send_value(value.as_handle());
}

inline void WebSocket::on_value(HandlerOf<WebSocket, void(const emscripten::val&)> handler,
                                BinaryType type) {
  receive_values(
      [handler = std::move(handler)](WebSocket& socket, void* value) {
        // Never destroyed, because the caller owns the handle: in a program built without
        // exceptions, no destructor runs when a handler throws.
        union Borrowed {
          emscripten::val data;
          ~Borrowed() {}
        } borrowed{emscripten::val::take_ownership(static_cast<emscripten::EM_VAL>(value))};
        handler(&socket, borrowed.data);
      },
      type);
}

}  // namespace hawser
