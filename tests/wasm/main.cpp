#include <catch_amalgamated.hpp>

#include "server.hpp"

namespace {
std::string url;
}

std::string server(std::string_view path) { return url + std::string(path); }

int main(int count, char** arguments) {
  Catch::Session session;
  session.cli(session.cli() | Catch::Clara::Opt(url, "url")["--server"]("where the test server is, ws://HOST:PORT"));
  const int status = session.applyCommandLine(count, arguments);
  return status != 0 ? status : session.run();
}
