// The message brokers that tests and the demo start: those of this machine; else, on Debian, private ones in the cache.

import { fail } from "./console.mjs";
import { mosquitto, natsServer } from "./debian/brokers.mjs";
import { findPrograms } from "./programs.mjs";

/** @typedef {keyof typeof BROKERS} Broker */

// Debian has them where only root's PATH leads.
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
 * The environment that names the program of each of `brokers` to the tests, such as HAWSER_NATS_SERVER: see findPrograms.
 *
 * @param {Broker[]} brokers
 * @param {{ install?: boolean }} [options]
 */
export async function findBrokers(brokers, { install = true } = {}) {
  const unknown = brokers.find((broker) => !Object.hasOwn(BROKERS, broker));
  if (unknown) fail(`There is no broker "${unknown}". The brokers: ${Object.keys(BROKERS).join(", ")}.`);
  const programs = brokers.map((broker) => ({
    ...BROKERS[broker],
    skipped: `every test with ${BROKERS[broker].title}`,
    required: "the tests with a broker",
  }));
  return findPrograms(programs, { what: "brokers", install });
}
