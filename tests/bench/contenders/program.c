#include "program.h"

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <emscripten/heap.h>
#include <malloc.h>

char payload[(16 << 20) + 1];
size_t current = 0;

static double messages = 0;
static double bytes = 0;
static double allocation_count = 0;

// clang-format off
EM_JS(void, tell, (const char* what), { Module["tell"]?.(UTF8ToString(what)); });
EM_JS(void, tell_received, (void), { Module["received"]?.(); });
EM_JS_DEPS(program, "$UTF8ToString");
// clang-format on

void opened(void) { tell("open"); }
void closed(void) { tell("close"); }

static int is_telling = 0;

void received(size_t size) {
  ++messages;
  bytes += (double)size;
  if (is_telling) tell_received();
}

// Counts everything that goes through malloc, as the library's users would.
void* malloc(size_t size) {
  ++allocation_count;
  return emscripten_builtin_malloc(size);
}

void free(void* memory) { emscripten_builtin_free(memory); }

EMSCRIPTEN_KEEPALIVE char* payload_address(void) { return payload; }
EMSCRIPTEN_KEEPALIVE void select_socket(size_t index) { current = index; }
EMSCRIPTEN_KEEPALIVE void open_at_payload(void) { open_socket(payload); }
EMSCRIPTEN_KEEPALIVE void close_it(void) { close_socket(); }
EMSCRIPTEN_KEEPALIVE void tell_each(int yes) { is_telling = yes; }
EMSCRIPTEN_KEEPALIVE void count(size_t size) { received(size); }
EMSCRIPTEN_KEEPALIVE double received_messages(void) { return messages; }
EMSCRIPTEN_KEEPALIVE double received_bytes(void) { return bytes; }
EMSCRIPTEN_KEEPALIVE double allocations(void) { return allocation_count; }
EMSCRIPTEN_KEEPALIVE double allocated_bytes(void) { return (double)mallinfo().uordblks; }

EMSCRIPTEN_KEEPALIVE void send_texts(size_t size, int times) {
  for (int i = 0; i < times; ++i) send_text(size);
}

EMSCRIPTEN_KEEPALIVE void send_binaries(size_t size, int times) {
  for (int i = 0; i < times; ++i) send_binary(size);
}
