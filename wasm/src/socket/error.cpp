#include <hawser/error.hpp>

namespace hawser {

std::string_view describe(Error error) noexcept {
  switch (error) {
    case Error::unsupported: return "This environment has no WebSocket. Ask hawser::supported() first.";
    case Error::invalid_url:
      return "The URL is not valid: give an absolute ws: or wss: URL without a fragment, percent-encoded.";
    case Error::url_too_long: return "The URL is longer than 65536 bytes. Send long data as the first message.";
    case Error::invalid_protocol:
      return "A subprotocol is not valid: each is a token of visible ASCII without separators, none twice.";
    case Error::invalid_timeout: return "A timeout is zero or negative. Give at least one millisecond.";
    case Error::blocked:
      return "The browser blocks this connection. Use wss: on an https: page, and allow it in the page's "
             "Content-Security-Policy.";
    case Error::invalid_close_code: return "The close code is not valid: use 1000, or one from 3000 to 4999.";
    case Error::close_reason_too_long: return "The close reason has more than 123 bytes of UTF-8. Shorten it.";
    case Error::invalid_utf8: return "The text is not valid UTF-8. Send bytes that are not text as binary.";
    case Error::invalid_data:
      return "This value cannot be sent. Give a string, a Blob, an ArrayBuffer or a view of one.";
    case Error::still_connecting: return "The connection is not open yet. Send once it is.";
    case Error::already_closing: return "The connection is closing already.";
    case Error::already_closed: return "The connection has ended. Open another one.";
    case Error::no_connection: return "This WebSocket stands for no connection: it was moved from, or never opened.";
    case Error::browser_exception: return "The browser threw an exception where the standard allows none.";
    case Error::would_block: return "Too much waits to be sent already. Use send, which waits, or try again later.";
    case Error::outbox_full: return "The outbox is full. Send less while there is no connection, or drop the oldest.";
    case Error::cancelled: return "The wait was cancelled.";
    case Error::buffer_too_small: return "The message is larger than the buffer. Receive it with a larger one.";
    case Error::unexpected_text: return "The peer sent text where a stream of bytes was expected.";
    case Error::connection_failed:
      return "The connection could not be made. Browsers do not tell why; their developer console may.";
    case Error::connection_lost: return "The connection broke off without a closing handshake.";
    case Error::aborted: return "The connection was given up by close() before it was open.";
    case Error::timeout: return "It did not happen within its deadline.";
    case Error::out_of_memory: return "There was no memory for a received message, so the connection was ended.";
    case Error::message_too_large: return "A message was larger than allowed, so the connection was ended.";
    case Error::inbox_overflow: return "The inbox was full, so the connection was ended. Receive more often.";
    case Error::wrong_thread:
#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
      return "This belongs to another thread. Use it on the thread that made it.";
#else
      break;
#endif
  }
  return "This value is not one of hawser::Error.";
}

}  // namespace hawser
