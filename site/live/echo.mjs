import { load } from "hawser";

export async function main({ url, print, loadOptions }) {
  // The same interface as the browser's WebSocket, run by C++.
  const { WebSocket } = await load(loadOptions);
  const socket = new WebSocket(url, ["echo.v1"]);
  socket.onopen = () => {
    print(`open, with the subprotocol ${socket.protocol}`);
    socket.send("hello");
  };
  socket.onmessage = ({ data }) => {
    print(`received ${data}`);
    socket.close(4000, "that was all");
  };
  const end = new Promise((resolve) => (socket.onclose = resolve));
  const { code, reason } = await end;
  print(`closed with ${code} ${reason}`);
}
