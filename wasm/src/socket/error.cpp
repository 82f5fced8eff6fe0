#include <hawser/error.hpp>

namespace hawser {

const char* name(Error error) noexcept {
  switch (error) {
    case Error::unsupported: return "unsupported";
    case Error::invalid_url: return "invalid_url";
    case Error::url_too_long: return "url_too_long";
    case Error::invalid_protocol: return "invalid_protocol";
    case Error::invalid_timeout: return "invalid_timeout";
    case Error::blocked: return "blocked";
    case Error::invalid_close_code: return "invalid_close_code";
    case Error::close_reason_too_long: return "close_reason_too_long";
    case Error::invalid_utf8: return "invalid_utf8";
    case Error::invalid_data: return "invalid_data";
    case Error::still_connecting: return "still_connecting";
    case Error::already_closing: return "already_closing";
    case Error::already_closed: return "already_closed";
    case Error::no_connection: return "no_connection";
    case Error::wrong_thread: return "wrong_thread";
    case Error::browser_exception: return "browser_exception";
    case Error::would_block: return "would_block";
    case Error::outbox_full: return "outbox_full";
    case Error::cannot_block: return "cannot_block";
    case Error::no_thread: return "no_thread";
    case Error::id_conflict: return "id_conflict";
    case Error::timed_out: return "timed_out";
    case Error::cancelled: return "cancelled";
    case Error::destroyed: return "destroyed";
    case Error::buffer_too_small: return "buffer_too_small";
    case Error::unexpected_text: return "unexpected_text";
    case Error::closed: return "closed";
    case Error::connection_failed: return "connection_failed";
    case Error::connection_lost: return "connection_lost";
    case Error::connection_timed_out: return "connection_timed_out";
    case Error::aborted: return "aborted";
    case Error::out_of_memory: return "out_of_memory";
    case Error::message_too_large: return "message_too_large";
    case Error::inbox_overflow: return "inbox_overflow";
  }
  return "unknown";
}

const char* describe(Error error) noexcept {
  switch (error) {
    case Error::unsupported:
      return "This environment has no WebSocket. Check hawser::supported() first.";
    case Error::invalid_url:
      return "The URL is invalid. Use an absolute, percent-encoded ws: or wss: URL without a "
             "fragment.";
    case Error::url_too_long:
      return "The URL is longer than 65536 bytes. Send long data as the first message.";
    case Error::invalid_protocol:
      return "A subprotocol is invalid or listed twice. Use tokens of visible ASCII.";
    case Error::invalid_timeout:
      return "A timeout is zero or negative. Use at least one millisecond.";
    case Error::blocked:
      return "The browser blocks this connection. Use wss: on an https: page, and allow the server "
             "in the page's "
             "Content-Security-Policy.";
    case Error::invalid_close_code:
      return "The close code is invalid. Use 1000, or one from 3000 to 4999.";
    case Error::close_reason_too_long:
      return "The close reason is longer than 123 bytes of UTF-8. Shorten it.";
    case Error::invalid_utf8:
      return "The text is not valid UTF-8. Send bytes that are not text as binary.";
    case Error::invalid_data:
      return "This value cannot be sent. Use a string, a Blob, an ArrayBuffer or a view of one.";
    case Error::still_connecting: return "The connection is not open yet. Send when it is.";
    case Error::already_closing: return "The connection is already closing.";
    case Error::already_closed: return "The connection has ended. Open a new one.";
    case Error::no_connection:
      return "There is no connection: it was moved from or never opened, or the session is not "
             "connected.";
    case Error::browser_exception:
      return "The browser threw an exception that the standard forbids.";
    case Error::outbox_full:
      return "The outbox is full. Send less while offline, or drop the oldest messages.";
    case Error::id_conflict:
      return "These messages can't go before those in the outbox. Restore them before you send, in "
             "the order of "
             "ids.";
    case Error::closed: return "A closing handshake ended the connection.";
    case Error::connection_failed:
      return "The connection could not be opened. The developer console may say why.";
    case Error::connection_lost: return "The connection ended without a closing handshake.";
    case Error::connection_timed_out:
      return "The connection did not open or close in time, or the peer stopped responding.";
    case Error::aborted: return "close() was called before the connection was open.";
    case Error::out_of_memory: return "There was no memory for a message.";
    case Error::timed_out: return "The wait timed out: nothing arrived, or could be sent.";
    case Error::cancelled: return "A stop token cancelled the wait.";
    case Error::destroyed: return "The connection was destroyed during the wait.";
    case Error::unexpected_text: return "The peer sent text where a stream of bytes was expected.";
    case Error::message_too_large: return "A message was larger than max_message_size.";
    case Error::inbox_overflow: return "The inbox was full. Receive more often.";
#ifndef HAWSER_PAGES
    case Error::would_block:
      return "Nothing has arrived, or too much is queued. Try again later, or call a connection's "
             "receive or send, which wait.";
    case Error::cannot_block:
      return "This thread must not block. Use try_receive and try_send here, or block on another "
             "thread.";
    case Error::no_thread:
      return "The I/O thread has ended or could not start. Compile with -pthread, serve the page "
             "with the COOP and COEP headers, and let main() return.";
    case Error::buffer_too_small:
      return "The message is larger than the buffer. Receive it with a larger one.";
    case Error::wrong_thread:
#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
      return "This object belongs to another thread. Use it on the thread that created it.";
#else
      break;
#endif
#else
    default:
      break;  // the rest are errors of blocking calls and receive buffers, which pages don't use
#endif
  }
  return "This value is not one of hawser::Error.";
}

}  // namespace hawser
