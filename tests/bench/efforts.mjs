// How much each option of the command line measures.

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * `milliseconds` is how long a sample in process takes at least; `share` is the part of the usual
 * number of messages that a sample end to end or of threads has; `traffic` is in bytes; `pages` is
 * how many fresh pages each application starts in, and how often each module is imported; `inPage`
 * is how many real connections a page has, and `down` for how many milliseconds their server is
 * down.
 */
export const efforts = {
  full: {
    inProcess: {
      sizes: [16, 64, 256, KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB],
      rounds: 15,
      milliseconds: 3,
    },
    ways: { sizes: [16, KiB, MiB], rounds: 15, milliseconds: 3 },
    endToEnd: { sizes: [16, KiB, 64 * KiB, MiB], rounds: 9, share: 1 },
    threads: { rounds: 5, share: 1 },
    sockets: { counts: [1, 100, 10_000], rounds: 15, milliseconds: 3 },
    connections: { count: 10_000, rounds: 5 },
    traffic: { sizes: [KiB, 16 * MiB], bytes: 1024 * MiB },
    pages: 15,
    memory: { count: 10_000 },
    scale: { sockets: 10_000, sessions: 1_000, inPage: 250, rounds: 5, down: 500 },
  },
  quick: {
    inProcess: { sizes: [16, KiB, 64 * KiB, 4 * MiB], rounds: 5, milliseconds: 0.5 },
    ways: { sizes: [KiB, MiB], rounds: 5, milliseconds: 0.5 },
    endToEnd: { sizes: [16, 64 * KiB], rounds: 3, share: 0.2 },
    threads: { rounds: 2, share: 0.1 },
    sockets: { counts: [1, 100, 10_000], rounds: 5, milliseconds: 1 },
    connections: { count: 500, rounds: 3 },
    traffic: { sizes: [KiB, 16 * MiB], bytes: 64 * MiB },
    pages: 3,
    memory: { count: 1_000 },
    scale: { sockets: 1_000, sessions: 200, inPage: 100, rounds: 3, down: 500 },
  },
  check: {
    inProcess: { sizes: [16, KiB, 64 * KiB, 4 * MiB], rounds: 2, milliseconds: 0.1 },
    ways: { sizes: [KiB], rounds: 2, milliseconds: 0.1 },
    endToEnd: { sizes: [16], rounds: 1, share: 0.02 },
    threads: { rounds: 1, share: 0.01 },
    sockets: { counts: [1, 100], rounds: 1, milliseconds: 0.1 },
    connections: { count: 20, rounds: 1 },
    traffic: { sizes: [KiB], bytes: MiB },
    pages: 1,
    memory: { count: 20 },
    scale: { sockets: 20, sessions: 5, inPage: 5, rounds: 1, down: 0 },
  },
};
