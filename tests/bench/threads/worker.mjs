// A JavaScript program that keeps the network off its main thread: a worker that owns the
// WebSocket, and workers that send and receive through it by postMessage.

/** @typedef {import("./clients.mjs").Job} Job */

/**
 * What a user gets: a port of the worker with the WebSocket, or the WebSocket itself.
 *
 * @typedef {object} Link
 * @property {(data: ArrayBuffer | string) => void} send
 * @property {(data: ArrayBuffer | string) => void} received may be replaced
 */

const isNode = "process" in globalThis;
/** @type {any} */
const main = isNode ? (await import("node:worker_threads")).parentPort : globalThis;

/** @type {Link} */
let link;
let close = async () => {};

/** @type {Record<string, (options: any) => unknown>} */
const commands = { open, serve, connectTo, send, exchange, receive, close: () => close() };

main.onmessage = async (/** @type {{ data: any }} */ { data: { command, options } }) => {
  main.postMessage(await commands[command](options));
};
main.postMessage("ready");

/**
 * For itself.
 *
 * @param {string} url
 */
async function open(url) {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const ended = new Promise((resolve) => socket.addEventListener("close", resolve));
  close = async () => {
    socket.close();
    await ended;
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    ended.then(() => reject(new Error(`${url} did not open.`)));
  });
  link = { send: (data) => socket.send(data), received() {} };
  socket.onmessage = ({ data }) => link.received(data);
}

/**
 * For other workers.
 *
 * @param {{ url: string, ports: MessagePort[] }} options
 */
async function serve({ url, ports }) {
  await open(url);
  // The first user is the one that receives.
  link.received = (data) => ports[0].postMessage(data);
  let stopped = 0;
  for (const port of ports) {
    port.onmessage = ({ data }) => {
      if (data === "stop" && ++stopped < ports.length) return; // the others still send
      link.send(data);
    };
  }
}

/** @param {MessagePort} port */
function connectTo(port) {
  link = { send: (data) => port.postMessage(data), received() {} };
  port.onmessage = ({ data }) => link.received(data);
}

// The same measurements as in program.cpp.

/** The machine's clock, because each worker counts from its own start. */
const now = () => (performance.timeOrigin + performance.now()) * 1000;

/** @returns {Promise<void>} */
const answer = () => new Promise((resolve) => (link.received = () => resolve()));

/** @param {Job} job */
async function send({ size, count, isFirst }) {
  const data = new ArrayBuffer(size);
  const answered = isFirst ? answer() : undefined;
  const start = now();
  for (let i = 0; i < count; ++i) link.send(data);
  const cost = (now() - start) / count;
  link.send("stop");
  await answered;
  return { cost, start, end: now() };
}

/** @param {Job} job */
async function exchange({ size, count }) {
  const data = new ArrayBuffer(size);
  /** @type {number[]} */
  const times = [];
  for (let i = 0; i < count; ++i) {
    await new Promise((resolve) => setTimeout(resolve, (i * 5) % 17));
    const answered = answer();
    const start = now();
    link.send(data);
    await answered;
    times.push(now() - start);
  }
  return times;
}

/** @param {Job} job */
async function receive({ count }) {
  let received = 0;
  const start = now();
  await new Promise((resolve) => {
    link.received = () => ++received === count && resolve(undefined);
    link.send("start");
  });
  return [now() - start];
}
