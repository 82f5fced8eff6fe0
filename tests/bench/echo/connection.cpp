#include <hawser/hawser.hpp>

static hawser::Task<> echo() {
  auto connection = co_await hawser::connect("ws://127.0.0.1:8080/echo");
  if (!connection) co_return;
  while (auto message = co_await connection->receive()) co_await connection->send(*message);
}

int main() { hawser::spawn(echo()); }
