// Creates the load() function of one of the package's modules.

import { createObserver } from "./observe.js";

/** @typedef {import("./index.js").LoadOptions} LoadOptions */

/** Whether this environment has a WebSocket. */
export function canWebSocket() {
  return typeof globalThis.WebSocket === "function";
}

/**
 * @param {Function} create Emscripten's function
 * @param {(module: any, observer?: import("./observe.js").Observer) => object} define
 * @param {string} file
 * @param {() => URL} locate
 */
export function createLoader(create, define, file, locate) {
  const advice = `Pass load({ wasm }) the URL or the bytes of this package's ${file}.`;
  /** @type {any} */
  let loading;

  /** @param {LoadOptions} [options] */
  return async function load({ wasm, WebSocket, observe, observeData = false } = {}) {
    if (loading && WebSocket && WebSocket !== loading.WebSocket) {
      throw new Error("hawser is loaded already, on another WebSocket class.");
    }
    if (loading && observe && observe !== loading.observe) {
      throw new Error(
        "hawser is loaded already, without this observe. Pass it to the first call of load().",
      );
    }
    if (observe && observe !== true && typeof observe !== "function") {
      throw new TypeError(
        "load({ observe }) takes a function, or true to use only the event observe.",
      );
    }
    if (!loading) {
      const native = WebSocket ?? globalThis.WebSocket;
      const observer = observe && createObserver(observe, observeData, native);
      const loaded = start(wasm, native, observer).catch((error) => {
        loading = undefined; // so that a page can try again
        throw error;
      });
      loading = { loaded, WebSocket: native, observe };
    }
    return loading.loaded;
  };

  /**
   * @param {LoadOptions["wasm"]} wasm
   * @param {unknown} native
   * @param {import("./observe.js").Observer} [observer]
   */
  async function start(wasm, native, observer) {
    if (typeof native !== "function") {
      throw new Error(
        "There is no WebSocket here: check canWebSocket() first. In Node before 22, start it with " +
          "--experimental-websocket, or pass load({ WebSocket }) undici's class.",
      );
    }
    const [compiled, name] = await compile(wasm);
    const module = await create({
      // Stored now, because the page may replace it with hawser's own class later.
      WebSocket: observer?.WebSocket ?? native,
      /** @param {WebAssembly.Imports} imports */
      async instantiate(imports) {
        try {
          // Import names are minified, so those of another module may match by chance. Their number
          // must match, too.
          const count = new Set(Object.values(imports).flatMap(Object.keys)).size;
          if (WebAssembly.Module.imports(compiled).length !== count)
            throw new WebAssembly.LinkError("It needs other imports");
          return { instance: new WebAssembly.Instance(compiled, imports) };
        } catch (cause) {
          // WebKit allows compiling it, and forbids instantiating it.
          if (!(cause instanceof WebAssembly.LinkError || cause instanceof TypeError))
            throw forbidden(cause);
          throw failure(
            `${name} does not belong to this version of hawser's JavaScript: `,
            cause,
            ` ${advice}`,
          );
        }
      },
    });
    return define(module, observer);
  }

  /**
   * @param {any} wasm
   * @returns {Promise<[WebAssembly.Module, string]>}
   */
  async function compile(wasm) {
    const isGiven = wasm?.byteLength >= 0;
    const [bytes, name] = isGiven ? [wasm, "The wasm passed to load()"] : await get(wasm);
    try {
      return [await WebAssembly.compile(bytes), name];
    } catch (cause) {
      if (WebAssembly.validate(bytes)) throw forbidden(cause);
      const text = new TextDecoder().decode(bytes);
      const problem = text.startsWith("\0asm")
        ? "is damaged"
        : `begins with ${JSON.stringify(text.slice(0, 15))}. Some servers send a page for a missing file`;
      throw new Error(`${name} is not a whole WebAssembly file: it ${problem}. ${advice}`, {
        cause,
      });
    }
  }

  /** @param {unknown} wasm @returns {Promise<any[]>} */
  async function get(wasm) {
    const { document, location, navigator, process } = globalThis;
    const isAbsent = "The build or the deployment left it out.";
    let url = file;
    let likely = "A bundler has removed import.meta.url.";
    try {
      url = String(wasm ?? locate());
      likely = "Outside of a page, a URL must be absolute.";
      url = new URL(url, document?.baseURI ?? location?.href).href;
      const isFile = url.startsWith("file:");
      // Node's fetch does not support file: URLs. Bundlers for pages don't see this module name.
      const files = isFile && process?.getBuiltinModule?.("node:fs/promises");
      likely = files
        ? isAbsent
        : isFile
          ? "Most browsers let a page from file: read no files. Serve it over HTTP."
          : navigator?.onLine === false
            ? "The device is offline."
            : "The server does not answer, or CORS or the page's Content-Security-Policy forbids it.";
      if (files) return [await files.readFile(new URL(url)), url];
      const response = await fetch(url);
      likely = isAbsent;
      if (!response.ok) throw new Error(`the server answered with status ${response.status}`);
      return [await response.arrayBuffer(), url];
    } catch (cause) {
      throw failure(`hawser could not get ${url}: `, cause, ` ${likely} ${advice}`);
    }
  }
}

/** @param {unknown} cause */
function forbidden(cause) {
  const advice = " The page's Content-Security-Policy needs 'wasm-unsafe-eval' in its script-src.";
  return failure("The browser blocks WebAssembly here: ", cause, advice);
}

/**
 * @param {string} problem
 * @param {any} cause the engine's own error
 */
function failure(problem, cause, advice = "") {
  return new Error(problem + cause.message.replace(/\.?$/, ".") + advice, { cause });
}
