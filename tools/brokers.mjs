// The message brokers that tests and the demo start: those installed on this machine or, on Debian,
// private copies in the cache.

import { fail } from "./console.mjs";
import { mosquitto, natsServer } from "./debian/brokers.mjs";
import { findPrograms } from "./programs.mjs";

/** @typedef {keyof typeof BROKERS} Broker */

// Debian installs them in folders that only root has on PATH.
const folders = ["/usr/sbin"];

const BROKERS = {
  nats: {
    title: "nats-server",
    variable: "HAWSER_NATS_SERVER",
    names: ["nats-server"],
    folders,
    packages: ["nats-server"],
    recipe: natsServer,
    program: "nats-server",
    versionArgs: ["--version"],
  },
  mosquitto: {
    title: "mosquitto",
    variable: "HAWSER_MOSQUITTO",
    names: ["mosquitto"],
    folders,
    packages: ["mosquitto"],
    recipe: mosquitto,
    program: "mosquitto",
    versionArgs: ["-h"],
  },
};

/**
 * Finds the programs of `brokers`. Returns the environment that names them to the tests, such as
 * HAWSER_NATS_SERVER (see findPrograms).
 *
 * @param {Broker[]} brokers
 * @param {{ install?: boolean }} [options]
 */
export async function findBrokers(brokers, { install = true } = {}) {
  const unknown = brokers.find((broker) => !Object.hasOwn(BROKERS, broker));
  if (unknown)
    fail(`There is no broker "${unknown}". Known brokers: ${Object.keys(BROKERS).join(", ")}.`);
  const programs = brokers.map((broker) => ({
    ...BROKERS[broker],
    skipped: `every test with ${BROKERS[broker].title}`,
    required: "the tests with a broker",
  }));
  return findPrograms(programs, { what: "brokers", install });
}
