// The other end of inNode (places.mjs).

process.once("message", async (message) => {
  const { module, options } = /** @type {{ module: string, options: object }} */ (message);
  const { measurements } = await import(`./${module}`);
  for await (const measurement of measurements(options)) await send({ measurement });
  await send({ isDone: true });
});

// The parent has gone, so no one reads the results.
process.once("disconnect", () => process.exit());

/**
 * Sends a message, and waits until it is handed over. Otherwise, sending would disturb the next
 * sample.
 *
 * @param {object} message
 */
function send(message) {
  return new Promise((resolve) => process.send?.(message, resolve));
}
