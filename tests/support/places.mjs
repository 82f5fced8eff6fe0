// Runs a program in a separate Node or page of Chromium, and calls its functions from here.
//
//   const place = await startInNode("tests/support/senders.mjs");
//   await place.call("start", settings); // the program's start(settings) returns an object
//   await place.call("report"); // and this is a method of it
//   await place.close();
//
// Arguments and results travel as JSON.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browsers.mjs";
import { nodeWithJspi } from "./node.mjs";
import { startServer } from "./server.mjs";

/**
 * @typedef {{ call: (name: string, ...args: any[]) => Promise<any>, close: () => Promise<unknown> }} Place
 */

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @param {string} program below the project's root
 * @returns {Promise<Place>}
 */
export async function startInNode(program) {
  const flags = ["--expose-gc", ...nodeWithJspi.withWebSocket];
  const child = spawn(
    nodeWithJspi.path,
    [...flags, path.join(root, "tests/support/place_child.mjs"), path.join(root, program)],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    },
  );
  await once(child, "message");
  return {
    async call(...message) {
      child.send(message);
      const [{ answer, error }] = await once(child, "message");
      if (error) throw new Error(`In Node: ${error}`);
      return answer;
    },
    async close() {
      child.kill();
      await once(child, "exit");
    },
  };
}

/**
 * @param {string} program below the project's root
 * @returns {Promise<Place>}
 */
export async function startInChromium(program) {
  const folders = ["js", "dist", "tests"];
  const server = await startServer({
    root: Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)])),
  });
  const browser = await launch("chromium");
  const page = await browser.newPage();
  await page.goto(`${server.http}/tests/support/empty.html`);
  return {
    call: (name, ...args) =>
      page.evaluate(
        async (program, name, args) => {
          const page = /** @type {any} */ (globalThis);
          if (name !== "start") return (await page.started[name](...args)) ?? null;
          const { start } = await import(program);
          page.started = await start(...args);
          return null;
        },
        `/${program}`,
        name,
        args,
      ),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
