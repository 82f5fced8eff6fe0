// The rows of the table in docs/performance.md: a case of a section, and its name in that table.

const messages = [
  "receive binary 1 KiB",
  "send binary 1 KiB",
  "receive ASCII 1 KiB",
  "send ASCII 1 KiB",
];

/** @type {{ says: string, section: string, place?: string, name: string }[]} */
export const ratioRows = [
  ...["Node", "Chromium"].flatMap((place) =>
    messages.map((name) => ({ says: name, section: "in process", place, name })),
  ),
  {
    says: "echo binary 16 B, loopback",
    section: "latency",
    place: "Chromium",
    name: "echo binary 16 B",
  },
  {
    says: "echo text 1 MiB, loopback",
    section: "latency",
    place: "Chromium",
    name: "echo text 1 MiB",
  },
  {
    says: "thread, busy page: echo",
    section: "thread latency",
    place: "Chromium",
    name: "echo 16 B, main thread busy",
  },
  {
    says: "thread, busy page: send",
    section: "thread send cost",
    place: "Chromium",
    name: "send 16 B, main thread busy",
  },
  { says: "echo application, gzip", section: "size", name: "both, gzip" },
  {
    says: "its start, until it is open",
    section: "start",
    place: "Chromium",
    name: "load to first open",
  },
];
