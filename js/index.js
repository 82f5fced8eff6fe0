// What npm users import: the capability check, which needs no wasm, and the loader of the module.

/** @typedef {import("../dist/hawser.mjs").MainModule} Module */

/** Whether this environment has a WebSocket. */
export function canWebSocket() {
  return typeof globalThis.WebSocket === "function";
}

/** @type {Promise<import("./index.js").Hawser> | undefined} */
let loading;

/** @param {import("./index.js").LoadOptions} [options] */
export function load({ wasm = new URL("../dist/hawser.wasm", import.meta.url) } = {}) {
  loading ??= start(wasm).catch((error) => {
    loading = undefined; // so that a page may try again
    throw error;
  });
  return loading;
}

/** @param {string | URL | BufferSource} source */
async function start(source) {
  const [module, { default: create }] = await Promise.all([compile(source), import("../dist/hawser.mjs")]);
  const hawser = await create({
    /**
     * @param {WebAssembly.Imports} imports
     * @param {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} done
     */
    instantiateWasm(imports, done) {
      done(instantiate(module, imports, source), module);
      return {};
    },
  });
  return Object.freeze({
    supported: hawser.supported,
    /** @type {import("./index.js").Hawser["open"]} */
    open: (url, options) => new Socket(hawser, url, options),
  });
}

/** @param {string | URL | BufferSource} source */
async function compile(source) {
  const bytes = isLocation(source) ? await fetchBytes(String(source)) : source;
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    if (!(cause instanceof WebAssembly.CompileError)) throw cause; // such as a policy that forbids wasm
    throw new Error(`${describe(source)} is not a whole WebAssembly file: ${cause.message}`, { cause });
  }
}

/**
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Imports} imports
 * @param {string | URL | BufferSource} source
 */
function instantiate(module, imports, source) {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (cause) {
    const message = `${describe(source)} does not belong to this version of hawser's JavaScript: `;
    throw new Error(message + /** @type {Error} */ (cause).message, { cause });
  }
}

/** @param {string} url */
async function fetchBytes(url) {
  try {
    if (url.startsWith("file:")) return await readFile(url);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered with status ${response.status}`);
    return await response.arrayBuffer();
  } catch (cause) {
    const { message } = /** @type {Error} */ (cause);
    throw new Error(`hawser could not get ${url}: ${message}`, { cause });
  }
}

/**
 * Node's `fetch` knows no file: URLs. Asked for this way, a bundler for browsers does not stumble over "node:fs".
 *
 * @param {string} url
 */
function readFile(url) {
  return process.getBuiltinModule("node:fs/promises").readFile(new URL(url));
}

/** @param {string | URL | BufferSource} source */
function isLocation(source) {
  return typeof source === "string" || source instanceof URL;
}

/** @param {string | URL | BufferSource} source */
function describe(source) {
  return isLocation(source) ? String(source) : "What load() was given as wasm";
}

/**
 * What C++ answered, unless it is the text of an error: that is thrown.
 *
 * @template Answer
 * @param {Answer} answer
 */
function check(answer) {
  if (typeof answer === "string" && answer) throw new Error(answer);
  return answer;
}

/** Frees the C++ side of a Socket that nobody can reach any more, which is after its end. */
const registry = new FinalizationRegistry((/** @type {{ delete(): void }} */ socket) => socket.delete());

class Socket {
  #socket;

  /**
   * @param {Module} hawser
   * @param {string | URL} url
   * @param {import("./index.js").OpenOptions} [options]
   */
  constructor(hawser, url, options = {}) {
    const { protocols = [], connectTimeout = 30_000, closeTimeout = 5_000 } = options;
    this.onopen = options.onopen ?? null;
    this.onmessage = options.onmessage ?? null;
    this.onerror = options.onerror ?? null;
    this.onclose = options.onclose ?? null;
    const events = {
      open: () => this.onopen?.(),
      message: (/** @type {Uint8Array<ArrayBuffer>} */ bytes, /** @type {boolean} */ isText) =>
        this.onmessage?.({ data: isText ? decode(bytes) : bytes.buffer }),
      error: (/** @type {string} */ message) => this.onerror?.({ message }),
      close: (/** @type {number} */ code, /** @type {string} */ reason, /** @type {boolean} */ wasClean) =>
        this.onclose?.({ code, reason, wasClean }),
    };
    this.#socket = check(hawser.open(String(url), [protocols].flat(), connectTimeout, closeTimeout, events));
    registry.register(this, this.#socket);
  }

  get readyState() {
    return this.#socket.readyState();
  }
  get bufferedAmount() {
    return this.#socket.bufferedAmount();
  }
  get url() {
    return this.#socket.url();
  }
  get protocol() {
    return this.#socket.protocol();
  }
  get extensions() {
    return this.#socket.extensions();
  }

  /** @param {string | ArrayBuffer | ArrayBufferView} data */
  send(data) {
    check(typeof data === "string" ? this.#socket.sendText(data) : this.#socket.sendBinary(toBytes(data)));
  }

  close(code = 1000, reason = "") {
    check(this.#socket.close(code, reason));
  }
}

/** @type {TextDecoder | undefined} made when it is needed, since a worklet has none and may still ask canWebSocket() */
let decoder;

/** @param {Uint8Array} bytes */
function decode(bytes) {
  decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
  return decoder.decode(bytes);
}

/** @param {ArrayBuffer | ArrayBufferView} data */
function toBytes(data) {
  if (!ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer)) {
    throw new TypeError("send() takes a string, an ArrayBuffer or a view of one.");
  }
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
