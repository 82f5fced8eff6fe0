#pragma once

// What every contender in C and C++ does alike, so that only the way across the boundary differs.

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// What is sent: its first bytes, which JavaScript fills.
extern char payload[];

// Which of the contender's sockets its functions are about.
enum { most_sockets = 10000 };
extern size_t current;

// The contender's part.
void open_socket(const char* url);
void close_socket(void);
void send_text(size_t size);
void send_binary(size_t size);

// Reports from the contender.
void opened(void);
void received(size_t size);
void closed(void);

#ifdef __cplusplus
}
#endif
