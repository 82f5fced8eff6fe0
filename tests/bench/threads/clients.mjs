// The contenders on threads, with one interface. Each measures on its own threads; this is the main
// thread.

/**
 * `threads` is how many of them send.
 *
 * @typedef {{ url: string, size: number, count: number, threads: number, isFirst?: boolean }} Job
 */

/**
 * Each opens a connection, measures, and closes it. All numbers are microseconds.
 *
 * @typedef {object} Client
 * @property {(job: Job) => Promise<number[]>} send returns the time per message of each thread, and
 *   then the time until the server had counted all messages
 * @property {(job: Job) => Promise<number[]>} exchange returns the time of each round trip
 * @property {(job: Job) => Promise<number[]>} receive returns the time until all messages had
 *   arrived
 */

/**
 * @param {Record<string, string>} programs
 * @returns {Promise<Map<string, Client>>}
 */
export async function startClients(programs) {
  /** @type {Map<string, Client>} */
  const clients = new Map([
    ["own socket", await startOwnSocket()],
    ["postMessage", await startPostMessage()],
  ]);
  for (const [name, url] of Object.entries(programs)) clients.set(name, await startProgram(url));
  return clients;
}

/**
 * A program of tests/bench/threads/program.cpp.
 *
 * @param {string} url
 * @returns {Promise<Client>}
 */
async function startProgram(url) {
  const { default: create } = await import(url);
  /** @type {(results: number[]) => void} */
  let done = () => {};
  const module = await create({ done: (/** @type {number[]} */ results) => done(results) });
  const run =
    (/** @type {string} */ start) =>
    (/** @type {Job} */ { url, size, count, threads }) =>
      new Promise((/** @type {(results: number[]) => void} */ resolve) => {
        done = resolve;
        module.ccall(
          start,
          null,
          ["string", "number", "number", "number"],
          [url, size, count, threads],
        );
      });
  return {
    send: run("start_sending"),
    exchange: run("start_exchange"),
    receive: run("start_receiving"),
  };
}

/**
 * A worker that uses its own WebSocket.
 *
 * @returns {Promise<Client>}
 */
async function startOwnSocket() {
  const worker = await startWorker();
  const run = (/** @type {string} */ command) => async (/** @type {Job} */ job) => {
    await worker("open", job.url);
    const result = await worker(command, { ...job, isFirst: true });
    await worker("close");
    return result;
  };
  const send = run("send");
  return {
    send: async (job) => timesOf([await send(job)]),
    exchange: run("exchange"),
    receive: run("receive"),
  };
}

/**
 * Workers that use the WebSocket of another worker.
 *
 * @returns {Promise<Client>}
 */
async function startPostMessage() {
  const network = await startWorker();
  /** @type {Awaited<ReturnType<typeof startWorker>>[]} */
  const users = [];
  const run = (/** @type {string} */ command) => async (/** @type {Job} */ job) => {
    while (users.length < job.threads) users.push(await startWorker());
    const channels = Array.from({ length: job.threads }, () => new MessageChannel());
    const ports = channels.map(({ port1 }) => port1);
    await network("serve", { url: job.url, ports }, ports);
    await Promise.all(
      channels.map(({ port2 }, index) => users[index]("connectTo", port2, [port2])),
    );
    const results = await Promise.all(
      channels.map((_, index) => users[index](command, { ...job, isFirst: index === 0 })),
    );
    await network("close");
    return results;
  };
  const [send, exchange, receive] = ["send", "exchange", "receive"].map(run);
  return {
    send: async (job) => timesOf(await send(job)),
    exchange: async (job) => (await exchange(job))[0],
    receive: async (job) => (await receive(job))[0],
  };
}

/** @param {{ cost: number, start: number, end: number }[]} results */
function timesOf(results) {
  const start = Math.min(...results.map(({ start }) => start));
  return [...results.map(({ cost }) => cost), results[0].end - start];
}

/**
 * @returns {Promise<(command: string, options?: any, transfer?: MessagePort[]) => Promise<any>>}
 */
async function startWorker() {
  const url = new URL("worker.mjs", import.meta.url);
  /** @type {any} */
  const worker =
    "process" in globalThis
      ? new (await import("node:worker_threads")).Worker(url)
      : new Worker(url, { type: "module" });
  // Node's Worker has Node's listeners instead of the web's.
  const listen = worker.on
    ? (/** @type {string} */ type, /** @type {any} */ listener) => worker.on(type, listener)
    : (/** @type {string} */ type, /** @type {any} */ listener) =>
        worker.addEventListener(type, (/** @type {any} */ event) => listener(event.data ?? event));
  /** @type {(value: any) => void} */
  let resolve = () => {};
  /** @type {(error: Error) => void} */
  let reject = () => {};
  const answer = () => new Promise((...functions) => ([resolve, reject] = functions));
  listen("message", (/** @type {any} */ data) => resolve(data));
  listen("error", (/** @type {any} */ error) => reject(new Error(error.message)));
  await answer();
  return (command, options, transfer = []) => {
    const answered = answer();
    worker.postMessage({ command, options }, transfer);
    return answered;
  };
}
