// TLS in front of a test server, with an untrusted certificate:
//
//   const server = await startServer();
//   const tls = await startTls(server.port);
//   const socket = new WebSocket(`${tls.wss}/echo`);
//
// openssl makes the certificate when it is needed: a committed one would expire, and its key would
// be mistaken for a secret.

import { spawnSync } from "node:child_process";
import net from "node:net";
import { createServer } from "node:tls";

/** For localhost and 127.0.0.1, valid for as long as a test may take. */
const recipe =
  "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost " +
  "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout - -out -";

/**
 * Why TLS is not available, for node:test's skip; false if it is. With CI=true it is never skipped.
 */
export const whyNoTls =
  spawnSync("openssl", ["version"]).status === 0 || process.env.CI === "true"
    ? false
    : "there is no openssl";

/**
 * Listens on 127.0.0.1 and a free port, and forwards connections to `port`. `certificate` is its
 * certificate, as PEM.
 *
 * @param {number} port
 * @returns {Promise<{ https: string, wss: string, certificate: string, close: () => Promise<void> }>}
 */
export async function startTls(port) {
  const { key, certificate } = makeCertificate();
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  const server = createServer({ key, cert: certificate }, (socket) => {
    const server = net.connect(port, "127.0.0.1");
    join(socket, server);
    join(server, socket);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(undefined));
  });
  const address = /** @type {net.AddressInfo} */ (server.address());

  return {
    https: `https://localhost:${address.port}`,
    wss: `wss://localhost:${address.port}`,
    certificate,
    async close() {
      const stopped = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await stopped;
    },
  };
}

function makeCertificate() {
  const { status, stdout, stderr, error } = spawnSync("openssl", recipe.split(" "), {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`openssl created no certificate: ${error?.message ?? stderr}`);
  const [key, certificate] = ["PRIVATE KEY", "CERTIFICATE"].map((kind) => {
    const pem = new RegExp(`-----BEGIN ${kind}-----[^]*-----END ${kind}-----\n`);
    return String(pem.exec(stdout));
  });
  return { key, certificate };
}

/**
 * Forwards bytes from one to the other, and the end.
 *
 * @param {net.Socket} from
 * @param {net.Socket} to
 */
function join(from, to) {
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}
