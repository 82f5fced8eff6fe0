#pragma once

#include <emscripten/val.h>

#include <utility>

#include <hawser/web_socket.hpp>

// Payloads that are JavaScript values. A header of its own, because it needs Embind: link with -lembind.
//
//     #include <hawser/value.hpp>
//
//     socket.send(file);  // a Blob that JavaScript has
//     socket.on_value([](const emscripten::val& data) { show(data); });

namespace hawser {

inline std::expected<void, Error> WebSocket::send(const emscripten::val& value) {
  return send_value(value.as_handle());
}

inline void WebSocket::on_value(HandlerOf<WebSocket, void(const emscripten::val&)> handler, BinaryType type) {
  receive_values(
      [handler = std::move(handler)](WebSocket& socket, void* value) {
        // Not destroyed: the handle belongs to the caller, since no destructor runs where a handler throws in a
        // program that was built without exceptions.
        union Borrowed {
          emscripten::val data;
          ~Borrowed() {}
        } borrowed{emscripten::val::take_ownership(static_cast<emscripten::EM_VAL>(value))};
        handler(&socket, borrowed.data);
      },
      type);
}

}  // namespace hawser
