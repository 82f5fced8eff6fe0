// The page's half of measuring the time from loading the echo application until it is open.

/**
 * @param {string} script
 * @param {string} server
 * @returns {Promise<number>} milliseconds
 */
export function measureStart(script, server) {
  return new Promise((resolve, reject) => {
    const Native = globalThis.WebSocket;
    // The application's URL is compiled in, and the test server's port varies.
    globalThis.WebSocket = class extends Native {
      /**
       * @param {string | URL} url
       * @param {string | string[]} [protocols]
       */
      constructor(url, protocols) {
        super(`${server}/echo`, protocols);
        this.addEventListener("open", () => resolve(performance.now() - start));
        this.addEventListener("error", () =>
          reject(new Error(`${script} did not connect to ${server}, but ${url}.`)),
        );
      }
    };
    const element = document.createElement("script");
    element.src = script;
    element.onerror = () => reject(new Error(`${script} did not load.`));
    const start = performance.now();
    document.head.append(element);
  });
}
