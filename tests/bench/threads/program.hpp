#pragma once

// What the programs for threads share, so that they differ only in their way to the network.

#include <cstddef>
#include <span>
#include <string>

// The contender's part: one connection, which is used from threads other than the main thread.
void open_connection(const std::string& url);  // returns when it is open
void send(std::span<const std::byte> bytes);   // waits when there is no room
void send_text(const std::string& text);
void receive();  // waits for a message
bool poll();     // takes a message if there is one
void close_connection();
