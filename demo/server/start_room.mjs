// npm run room: runs two of the demo's servers over three NATS nodes, until Ctrl+C.
//
//   PORT  the first server's port instead of 8080; the second server uses the next one

import { fileURLToPath } from "node:url";
import { fail, main, step } from "../../tools/console.mjs";
import { startRoomCluster } from "./room_cluster.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

await main(async () => {
  const program = process.env.HAWSER_NATS_SERVER || fail("nats-server is missing, see above.");
  const text = process.env.PORT || "8080";
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_534)
    fail(`PORT is "${text}", which is no port number. Use 1 to 65534.`);
  let close = async () => {}; // during the start, the exit of this process ends the nodes
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, () => void close().finally(() => process.exit()));
  const cluster = await startRoomCluster({ root, program, ports: [port, port && port + 1] }).catch(
    (error) => fail(error.message),
  );
  close = cluster.close;
  for (const [index, url] of cluster.urls.entries()) step(`server ${index + 1} is at ${url}#room`);
  step("kill them on the page (Ctrl+C ends all)");
});
