// The recipes for message brokers: nats-server and mosquitto.

import path from "node:path";
import { programRecipe, quote } from "./programs.mjs";

/** What their packages depend on to run as services of the system. */
const ASSUMED = [
  "libc6",
  "adduser",
  "passwd",
  "debconf",
  "perl-base",
  "lsb-base",
  "sysvinit-utils",
];

/**
 * @param {{ name: string, check: [string, ...string[]], says?: RegExp }} broker whose package,
 *   program and name are the same
 */
const brokerRecipe = ({ name, check, says }) =>
  programRecipe({
    name,
    title: name,
    packages: [name],
    assumed: ASSUMED,
    files: ["./brokers.mjs"],
    bytes: 0.1e9,
    prepare: async ({ prefix, system }) => ({
      [name]: `# Starts this folder's ${name} with the libraries of this folder. It ends when its parent process does.
export LD_LIBRARY_PATH=${quote(system)}
exec setpriv --pdeathsig KILL ${quote(path.join(prefix, "usr/sbin", name))} "$@"
`,
    }),
    check,
    says,
  });

export const natsServer = () =>
  brokerRecipe({ name: "nats-server", check: ["nats-server", "--version"] });

// It ends with an error after it has printed its help.
export const mosquitto = () =>
  brokerRecipe({ name: "mosquitto", check: ["mosquitto", "-h"], says: /^mosquitto version/ });
