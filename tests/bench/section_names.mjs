// The parts of the benchmark, in order: for --only, which needs no package.

export const sectionNames = /** @type {const} */ ([
  "size",
  "start",
  "first message",
  "in process",
  "ways",
  "end to end",
  "threads",
  "memory",
  "sockets",
  "traffic",
  "connections",
  "scale",
]);

/** @typedef {typeof sectionNames[number]} SectionName */
