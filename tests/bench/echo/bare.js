// The same application without wasm.
{
  const socket = new WebSocket("ws://127.0.0.1:8080/echo");
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => socket.send(data);
  socket.onerror = () => {};
  socket.onclose = () => {};
}
