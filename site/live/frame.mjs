// Runs one program in a frame, because the scripted browser of hawser/testing replaces a page's
// timers and clock.

const query = new URLSearchParams(location.search);
const wait = setTimeout; // the real setTimeout
const isScripted = query.get("server") === "scripted";
const url = query.get("url");

/** @param {string} line @param {boolean} [isEnd] */
const print = (line, isEnd = false) => parent.postMessage({ line, isEnd }, location.origin);

/** A server that echoes messages, and drops a session's first connection after three messages. */
async function script() {
  const { Browser } = await import("../hawser/js/testing.js");
  const browser = new Browser();
  browser.onConnection((peer) => {
    let received = 0;
    const losesIt = query.get("program") === "session" && browser.connections === 1;
    setTimeout(() => peer.accept({ protocol: peer.protocols[0] }), 100); // by the scripted browser's clock
    peer.onMessage((data) => {
      peer.send(data);
      if (losesIt && ++received === 3) peer.cut();
    });
  });
  return browser;
}

/**
 * Advances the scripted clock, which moves only in `advance`, at the speed of real time.
 *
 * @param {any} browser
 * @param {() => boolean} isDone
 */
async function pass(browser, isDone) {
  const step = 20;
  while (!isDone()) {
    await browser.advance(step);
    await new Promise((resolve) => wait(resolve, step));
  }
}

let isDone = false;
try {
  const browser = isScripted ? await script() : undefined;
  const loadOptions = browser ? { WebSocket: browser.WebSocket } : {};
  const { main } = await import(`./${query.get("program") === "session" ? "session" : "echo"}.mjs`);
  if (!browser) print(`connecting to ${url}`);
  const program = main({ url: browser ? "wss://example.org/echo" : url, print, loadOptions });
  program.finally(() => (isDone = true)).catch(() => {});
  if (browser) await pass(browser, () => isDone);
  await program;
  print("", true);
} catch (error) {
  print(String(error), true);
}
