// Loads one of the package's modules: brings its .wasm, and says what to do where that cannot be done.

/** Whether this environment has a WebSocket. */
export function canWebSocket() {
  return typeof globalThis.WebSocket === "function";
}

/**
 * A function that loads a module, once.
 *
 * @template Module, Loaded
 * @param {(options: object) => Promise<Module>} create is Emscripten's
 * @param {(module: Module) => Loaded} define makes of the module what its users get
 * @param {string} file is the name of its .wasm
 */
export function createLoader(create, define, file) {
  /** @type {{ loaded: Promise<Loaded>, WebSocket: unknown } | undefined} */
  let loading;

  /**
   * @param {string | URL | BufferSource} wasm
   * @param {unknown} [WebSocket]
   */
  return async function (wasm, WebSocket) {
    if (loading && WebSocket && WebSocket !== loading.WebSocket) {
      throw new Error("hawser is loaded already, on another WebSocket class than the one that load() was given now.");
    }
    if (!loading) {
      const native = WebSocket ?? globalThis.WebSocket;
      const loaded = start(wasm, native).catch((error) => {
        loading = undefined; // so that a page may try again
        throw error;
      });
      loading = { loaded, WebSocket: native };
    }
    return loading.loaded;
  };

  /**
   * @param {string | URL | BufferSource} source
   * @param {unknown} native
   */
  async function start(source, native) {
    if (typeof native !== "function") {
      throw new Error(
        "There is no WebSocket here to build on: ask canWebSocket() first. In Node before version 22, start it with " +
          "--experimental-websocket, or give load({ WebSocket }) the class of the package undici.",
      );
    }
    const compiled = await compile(source, file);
    const module = await create({
      // Taken now: the page may put hawser's own class in its place.
      WebSocket: native,
      /**
       * @param {WebAssembly.Imports} imports
       * @param {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} done
       */
      instantiateWasm(imports, done) {
        instantiate(compiled, imports, source, done);
        return {};
      },
    });
    return define(module);
  }
}

/**
 * @param {string | URL | BufferSource} source
 * @param {string} file
 */
async function compile(source, file) {
  const bytes = isLocation(source) ? await fetchBytes(String(source)) : source;
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    if (WebAssembly.validate(bytes)) throw forbidden(cause);
    const advice = isLocation(source) ? ` Tell load({ wasm }) where this package's ${file} is.` : "";
    throw new Error(`${describe(source)} is not a whole WebAssembly file.${advice}`, { cause });
  }
}

/**
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Imports} imports
 * @param {string | URL | BufferSource} source
 * @param {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} done throws for the other .wasm
 */
function instantiate(module, imports, source, done) {
  try {
    done(new WebAssembly.Instance(module, imports), module);
  } catch (cause) {
    if (!(cause instanceof WebAssembly.LinkError || cause instanceof TypeError)) throw forbidden(cause); // by WebKit
    const message = `${describe(source)} does not belong to this version of hawser's JavaScript: `;
    throw new Error(message + /** @type {Error} */ (cause).message, { cause });
  }
}

/** @param {unknown} cause is the engine's own error */
function forbidden(cause) {
  const advice = "The page's Content-Security-Policy needs 'wasm-unsafe-eval' in its script-src.";
  return new Error(`The browser runs no WebAssembly here: ${/** @type {Error} */ (cause).message} ${advice}`, {
    cause,
  });
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
