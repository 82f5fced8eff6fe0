// The page's side of tests/browser/stored_outbox.test.mjs. The page's `example` has the same
// functions in both languages.

/** @param {{ language: string, url: string, name: string }} which */
export async function open({ language, url, name }) {
  const page = /** @type {any} */ (globalThis);
  if (language === "C++") {
    const { default: load } = await import(
      /** @type {any} */ ("/build/release/wasm/examples/stored_outbox.mjs")
    );
    const module = await load();
    page.example = module;
    await module.open(url, name);
    return;
  }
  const { StoredOutbox } = await import(/** @type {any} */ ("/demo/stored_outbox.mjs"));
  const { load } = await import(/** @type {any} */ ("/js/session.js"));
  const { Session } = await load();
  const outbox = await StoredOutbox.open(name);
  const session = new Session(url, [], StoredOutbox.options);
  session.onopen = () => session.sendNow(`client ${outbox.client}`);
  session.onmessage = (/** @type {MessageEvent} */ { data }) => outbox.acknowledge(Number(data));
  outbox.restoreTo(session);
  page.example = {
    send: (/** @type {string} */ text) => outbox.send(`${outbox.nextId} ${text}`),
    sendBytes: (/** @type {Uint8Array} */ bytes) =>
      outbox.send(new Uint8Array([...new TextEncoder().encode(`${outbox.nextId} `), ...bytes])),
    waiting: () => session.counters.outboxMessages,
    retryNow: () => session.retryNow(),
    close(/** @type {boolean} */ keeps) {
      if (keeps) session.takeOutbox();
      session.close();
    },
  };
}

/**
 * Sends texts, and lists of bytes, and waits until they are stored. Returns why one was not sent.
 *
 * @param {(string | number[])[]} messages
 */
export async function send(messages) {
  const { example } = /** @type {any} */ (globalThis);
  const sending = messages.map((one) =>
    typeof one === "string" ? example.send(one) : example.sendBytes(new Uint8Array(one)),
  );
  const results = await Promise.allSettled(sending);
  return results.flatMap((result) => (result.status === "rejected" ? [result.reason.message] : []));
}

/**
 * The ids in the store.
 *
 * @param {string} name
 */
export async function storedIds(name) {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open(`outbox ${name}`);
    request.onsuccess = () => resolve(request.result);
  });
  const request = database.transaction("messages").objectStore("messages").getAllKeys();
  const ids = await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  database.close();
  return ids;
}
