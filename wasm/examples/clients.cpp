// A class that has a socket as a member, in a vector that grows: three clients that each ask a
// question and print the answer. The handlers need neither globals nor `this`, because they receive
// the socket, wherever it was moved to.
//
//   clients wss://example.org/oracle

#include <hawser/hawser.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

class Client {
 public:
  Client(const std::string& url, const std::string& question) {
    auto opened = hawser::WebSocket::open(
        url, {},
        {.on_open = [question](hawser::WebSocket& socket) { socket.send(question); },
         .on_message =
             [](hawser::WebSocket& socket, const hawser::Message& message) {
               std::printf("%.*s\n", int(message.text().size()), message.text().data());
               socket.close();
             },
         .on_close =
             [question](const hawser::CloseEvent& end) {
               std::printf("%s closed: %d\n", question.c_str(), end.code);
             }});
    if (opened)
      socket_ = std::move(*opened);
    else
      std::puts(hawser::describe(opened.error()));
  }

 private:
  hawser::WebSocket socket_;
};

int main(int count, char** arguments) {
  if (count != 2) return std::puts("usage: clients URL"), 2;
  static std::vector<Client> clients;
  for (const char* question : {"one", "two", "three"}) clients.emplace_back(arguments[1], question);
}
