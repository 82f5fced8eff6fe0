// The other end of inNode (places.mjs).

process.once("message", async (message) => {
  const { module, options } = /** @type {{ module: string, options: object }} */ (message);
  const { measurements } = await import(`./${module}`);
  for await (const measurement of measurements(options)) await send({ measurement });
  await send({ isDone: true });
});

// Nobody is there to be told.
process.once("disconnect", () => process.exit());

/**
 * The benchmark goes on when this has been taken, or else what is sent would disturb the next sample.
 *
 * @param {object} message
 */
function send(message) {
  return new Promise((resolve) => process.send?.(message, resolve));
}
