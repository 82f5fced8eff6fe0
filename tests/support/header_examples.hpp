// Declares what the examples in hawser's public headers use. They are compiled, never run.

#pragma once

#include <emscripten/val.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <hawser/hawser.hpp>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

// The application

struct User {};
struct Room {};
struct Document {};
extern const Document document;

void log(const char* category, int number, const std::string& text);
void parse(std::span<const std::byte> bytes);
void report(const char* text);
void retry();
void show(std::string_view text);
void show(std::chrono::milliseconds time);
void show(const emscripten::val& data);
void show_end(const hawser::CloseEvent& end);
void show_offline_mode();
void show_status(const hawser::SessionStatus& status);
std::string token();
hawser::Task<> feed(std::string url);
hawser::Task<User> load_user(int id);
hawser::Task<std::vector<Room>> load_rooms(int id);
hawser::Task<> save(const Document& what);
hawser::Task<> serve(hawser::Connection guest);

extern const int id;
extern const std::string url;
extern const std::stop_token stop;
extern const std::vector<std::byte> request;
extern const emscripten::val file;

// Objects that it has received, or has open

extern const hawser::CloseEvent end;
extern const hawser::OwnedMessage message;
extern hawser::Connection connection;
extern hawser::blocking::Connection incoming;
extern hawser::blocking::Session shared;
extern const hawser::IoThread io;
extern hawser::Session session;
extern hawser::WebSocket socket;
extern std::vector<hawser::WebSocket> sockets;
