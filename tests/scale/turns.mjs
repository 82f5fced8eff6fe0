// Measures what keeps the main thread busy: long tasks, and how many sockets one task opens.

/**
 * A class that counts calls of its constructor. With `cost`, each call takes that many milliseconds
 * on the clock that hawser reads, so that the work of one task does not depend on the machine's
 * speed.
 *
 * @param {any} WebSocket
 * @param {{ cost?: number }} [options]
 * @returns {{ WebSocket: typeof globalThis.WebSocket, mostInTask: () => number }}
 */
export function countConstructors(WebSocket, { cost = 0 } = {}) {
  const { now } = performance;
  let inTask = 0;
  let most = 0;
  let all = 0;
  if (cost > 0) performance.now = () => now.call(performance) + all * cost;
  class CountedWebSocket extends WebSocket {
    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols) {
      super(url, protocols);
      ++all;
      if (inTask++ === 0) queueMicrotask(() => (inTask = 0));
      most = Math.max(most, inTask);
    }
  }
  /** The most calls in one task since the last call of this. */
  function mostInTask() {
    const found = most;
    most = 0;
    return found;
  }
  return { WebSocket: /** @type {any} */ (CountedWebSocket), mostInTask };
}

/**
 * Watches the main thread until the returned function is called. That function resolves with the
 * longest time in milliseconds that the thread was busy. In a page this is the longest task that
 * the Long Tasks API reports, or 0 if none took 50 ms. In Node it is the most processor time that
 * the thread took between two timers, so that other programs do not count.
 *
 * @returns {() => Promise<number>}
 */
export function watchMainThread() {
  return globalThis.process ? watchEventLoop() : watchLongTasks();
}

function watchEventLoop() {
  const process = /** @type {any} */ (globalThis.process);
  const processorTime = () => {
    const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage(); // older Nodes can only count all threads
    return (user + system) / 1000;
  };
  let longest = 0;
  let before = processorTime();
  const look = () => {
    const now = processorTime();
    longest = Math.max(longest, now - before);
    before = now;
  };
  const timer = setInterval(look, 1);
  return async () => {
    look();
    clearInterval(timer);
    return longest;
  };
}

function watchLongTasks() {
  let longest = 0;
  const take = (/** @type {PerformanceEntryList} */ entries) => {
    for (const { duration } of entries) longest = Math.max(longest, duration);
  };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ type: "longtask" });
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 100)); // the last one is reported later
    take(observer.takeRecords());
    observer.disconnect();
    return longest;
  };
}
