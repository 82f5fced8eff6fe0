// How much each option of the command line measures.

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * `milliseconds` is how long a sample in process takes at least; `share` is the part of the usual number of messages that
 * a sample end to end or of threads has; `traffic` is in bytes; `pages` is how many fresh pages each application starts in.
 */
export const efforts = {
  full: {
    inProcess: { sizes: [16, 64, 256, KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB], rounds: 15, milliseconds: 3 },
    ways: { sizes: [16, KiB, MiB], rounds: 15, milliseconds: 3 },
    endToEnd: { sizes: [16, KiB, 64 * KiB, MiB], rounds: 9, share: 1 },
    threads: { rounds: 5, share: 1 },
    sockets: { counts: [1, 100, 10_000], rounds: 15, milliseconds: 3 },
    connections: { count: 10_000, rounds: 5 },
    traffic: { sizes: [KiB, 16 * MiB], bytes: 1024 * MiB },
    pages: 15,
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
  },
};
