// Runs many operations, a few at a time. A server's queue of connections is limited, and a page of
// Chromium waits for seconds before it connects if many of its connections are pending.

/**
 * @param {number} count
 * @param {number} atOnce
 * @param {(index: number) => Promise<unknown>} start
 */
export async function inWindow(count, atOnce, start) {
  let next = 0;
  const work = async () => {
    while (next < count) await start(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
