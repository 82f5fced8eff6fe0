#include <hawser/hawser.hpp>
#include <cstdio>

int main() {
  const auto ws = hawser::WebSocket::open("http:// is no WebSocket");
  if (!ws) std::printf("hawser %s: %s\n", HAWSER_VERSION_STRING, hawser::name(ws.error()));
}
