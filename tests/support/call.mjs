// Calls functions of this folder's modules in a page of startServer's, which serves the folder at
// /tests/support/.

/**
 * @param {import("./browsers.mjs").Page} page
 * @param {string} module
 * @param {string} name of an export
 * @param {unknown[]} args
 */
export function callInPage(page, module, name, ...args) {
  return page.evaluate(
    async (url, name, args) => (await import(url))[name](...args),
    `/tests/support/${module}`,
    name,
    args,
  );
}

/**
 * The same in a new worker of the page.
 *
 * @type {typeof callInPage}
 */
export function callInWorker(page, module, name, ...args) {
  return page.evaluate(
    (call) =>
      new Promise((resolve, reject) => {
        const worker = new Worker("/tests/support/worker.mjs", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(call);
      }),
    { module: `/tests/support/${module}`, name, args },
  );
}
