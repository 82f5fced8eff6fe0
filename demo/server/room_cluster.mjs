// Two of the demo's servers with the same rooms, over three NATS nodes. Each of them can be killed
// and restarted.

import { startDemo } from "./server.mjs";
import { NatsCluster } from "./nats_cluster.mjs";
import { NatsStore } from "./nats_room.mjs";

/** @typedef {Awaited<ReturnType<typeof startDemo>>} Demo */

/**
 * @param {{ root: string, preset?: string, program: string, ports?: number[], limits?: Partial<import("./room.mjs").Limits>, maxConnections?: number }}
 *   options `program` is nats-server
 */
export async function startRoomCluster({
  root,
  preset,
  program,
  ports = [0, 0],
  limits,
  maxConnections,
}) {
  const nats = await NatsCluster.start(program);
  /** @type {(Demo | undefined)[]} */
  const demos = [];
  /** @type {NatsStore[]} One for each server, because each has its own connection. */
  const stores = [];
  /** @type {string[]} */
  let origins = [];
  let changes = Promise.resolve();
  let isClosed = false;

  const state = () => ({
    servers: origins.map((_, index) => demos[index] !== undefined),
    nodes: nats.state,
  });
  const announce = () => demos.forEach((demo) => demo?.announceCluster());

  /** @param {number} index */
  async function startServer(index) {
    if (demos[index] || index >= origins.length || isClosed) return;
    demos[index] = await startDemo({
      port: Number(new URL(origins[index]).port),
      root,
      preset,
      pageOrigins: origins,
      maxConnections,
      room: {
        store: stores[index],
        servers: origins.map((origin) => origin.replace(/^http/, "ws")),
        index,
        cluster: { state, control: (part) => void control(part) },
        limits,
      },
    });
  }

  /** @param {number} index */
  async function killServer(index) {
    const demo = demos[index];
    if (!demo || demos.filter(Boolean).length < 2) return; // keep one, to restart the others
    demos[index] = undefined;
    await demo.close();
  }

  /**
   * Controls one part after the other, so that none is restarted while it is still ending.
   *
   * @param {{ isKill: boolean, isServer: boolean, index: number }} part
   * @returns {Promise<void>}
   */
  function control({ isKill, isServer, index }) {
    changes = changes
      .then(() => {
        if (isServer) return isKill ? killServer(index) : startServer(index);
        return isKill ? nats.kill(index) : nats.restart(index);
      })
      .then(announce, (error) => console.error(error.message));
    return changes;
  }

  async function close() {
    isClosed = true;
    await changes;
    await Promise.all(demos.map((demo) => demo?.close()));
    await Promise.all(stores.map((store) => store.close()));
    await nats.close();
  }

  try {
    origins = await findOrigins(ports, root, preset);
    for (let i = 0; i < origins.length; ++i)
      stores.push(await NatsStore.connect(nats.servers, { strokes: limits?.strokes }));
    await stores[0].whenComplete();
    for (const index of origins.keys()) await startServer(index);
  } catch (error) {
    await close();
    throw nats.fault ? new Error(nats.fault, { cause: error }) : error;
  }
  return { urls: origins.map((origin) => `${origin}/`), servers: origins, state, control, close };
}

/**
 * All origins must be known before the first server starts.
 *
 * @param {number[]} ports
 * @param {string} root
 * @param {string} [preset]
 */
async function findOrigins(ports, root, preset) {
  const finders = [];
  for (const port of ports) finders.push(await startDemo({ port, root, preset }));
  const origins = finders.map(({ url }) => new URL(url).origin);
  await Promise.all(finders.map((finder) => finder.close()));
  return origins;
}
