// The examples of README and of the guides, pasted into a folder of their own: README's
// CMakeLists.txt builds them all, so that hawser is compiled once for them, and only what changed
// since the last run. The guides' pages are opened in Chromium.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { withLock } from "../../tools/lock.mjs";
import { launch, whyNot } from "../support/browsers.mjs";
import { blocks, section } from "../support/documents.mjs";
import { nodeWithJspi, thisNode } from "../support/node.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = path.join(root, "build/docs");
const run = promisify(execFile);
const expected = "hello\n4000 that was all\n";

// The examples talk to the demo's server. Here these endpoints of the test server stand in for it.
const demoEndpoint = "ws://127.0.0.1:8080/echo";
const endpoint = "/protocol?choose=echo.v1";
const guides = { "first-connection": "/echo", coroutines: endpoint, sessions: "/echo" };

// A program that runs in a page only.
const ofPage = "chat";

// Pages without a program. Each of their blocks compiles by itself, or after the blocks before it
// if it includes nothing.
const references = [
  "choosing",
  "debugging",
  "deployment",
  "errors",
  "installing",
  "login",
  "outbox",
  "porting",
  "sending",
  "threads",
];

const hasEmscripten = (process.env.PATH ?? "")
  .split(path.delimiter)
  .some((directory) => fs.existsSync(path.join(directory, "emcmake")));
const skip = hasEmscripten ? false : "there is no emcmake on PATH: run npm test";

/**
 * The code blocks of a document in one language.
 *
 * @param {string} document
 * @param {string} language
 */
const blocksOf = (document, language) =>
  blocks(fs.readFileSync(path.join(root, document), "utf8"), language);

/**
 * Joins each block that includes nothing to those before it, which it continues.
 *
 * @param {string[]} blocks
 */
function unitsOf(blocks) {
  /** @type {string[]} */
  const units = [];
  for (const block of blocks) {
    if (units.length > 0 && !/^#include /m.test(block)) units[units.length - 1] += `\n${block}`;
    else units.push(block);
  }
  return units;
}

/** @param {string} text */
const countLines = (text) => text.trimEnd().split("\n").length;

describe("the examples of the documents", () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  before(async () => {
    server = await startServer();
    fs.mkdirSync(folder, { recursive: true });
  });

  after(() => server.close());

  /**
   * Writes a file, unless it has that text: what did not change is not built again.
   *
   * @param {string} name
   * @param {string} text
   */
  function paste(name, text) {
    const file = path.join(folder, name);
    if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text)
      fs.writeFileSync(file, text);
  }

  /**
   * What a program prints that connects to the test server when it means the demo's.
   *
   * @param {import("../support/node.mjs").Node} node
   * @param {string} file
   * @param {string} endpoint
   */
  async function print(node, file, endpoint) {
    const env = {
      ...process.env,
      HAWSER_REDIRECT_FROM: demoEndpoint,
      HAWSER_REDIRECT_TO: server.ws + endpoint,
    };
    const flags = [
      ...node.withWebSocket,
      "--import",
      path.join(root, "tests/support/redirect.mjs"),
    ];
    const { stdout } = await run(node.path, [...flags, path.join(folder, file)], { env });
    return stdout;
  }

  it("README's example in JavaScript has at most 10 lines and runs", async () => {
    const [example] = blocksOf("README.md", "js");
    assert.ok(countLines(example) <= 10);
    assert.ok(example.includes(demoEndpoint));
    paste("main.mjs", example.replace('"hawser"', JSON.stringify(`file://${root}js/index.js`)));
    assert.equal(await print(thisNode, "main.mjs", endpoint), expected);
  });

  describe("the examples in C++", { skip, timeout: longestSuite }, () => {
    const [cmake] = blocksOf("README.md", "cmake");
    const [coroutines, callbacks] = blocksOf("README.md", "cpp");
    const ofGuides = Object.keys(guides).map((name) => {
      const all = blocksOf(`docs/${name}.md`, "cpp");
      const [beginning, ...examples] = all.length > 1 ? all : ["", ...all];
      return { name, beginning, examples, output: blocksOf(`docs/${name}.md`, "text")[0] };
    });

    /** What the programs printed. @type {Record<string, string>} */
    const printed = {};

    before(() =>
      withLock(
        path.join(root, "build/locks/docs"),
        "builds the examples of the documents",
        buildAndRun,
      ),
    );

    async function buildAndRun() {
      paste("package.json", "{}"); // as in an empty folder, a .js file is no module
      paste("main.cpp", callbacks);
      paste("coroutines.cpp", coroutines);
      const targets = ["add_executable(readme-coroutines coroutines.cpp)"];
      const names = ["readme-coroutines"];
      for (const { name, beginning, examples } of ofGuides) {
        const files = examples.map((example, index) => {
          const file = `${name}_${index}.cpp`;
          paste(file, beginning + example);
          return { file, isProgram: example.includes("int main()") };
        });
        const [program] = files.filter(({ isProgram }) => isProgram).map(({ file }) => file);
        const others = files.filter(({ isProgram }) => !isProgram).map(({ file }) => file);
        targets.push(`add_executable(${name} ${program})`);
        if (others.length > 0)
          targets.push(`add_library(${name}-examples OBJECT ${others.join(" ")})`);
        for (const target of others.length > 0 ? [name, `${name}-examples`] : [name]) {
          targets.push(`target_compile_options(${target} PRIVATE -Wall -Wextra -Werror)`);
          names.push(target);
        }
      }
      for (const name of references) {
        const files = unitsOf(blocksOf(`docs/${name}.md`, "cpp")).map((unit, index) => {
          paste(`${name}_${index}.cpp`, unit);
          return `${name}_${index}.cpp`;
        });
        targets.push(`add_library(${name}-examples OBJECT ${files.join(" ")})`);
        targets.push(`target_compile_options(${name}-examples PRIVATE -Wall -Wextra -Werror)`);
        names.push(`${name}-examples`);
      }
      const [link] = blocksOf(`docs/${ofPage}.md`, "cmake");
      paste(`${ofPage}.cpp`, blocksOf(`docs/${ofPage}.md`, "cpp")[0]);
      targets.push(`add_executable(${ofPage} ${ofPage}.cpp)`, link.replace("(app ", `(${ofPage} `));
      targets.push(`target_compile_options(${ofPage} PRIVATE -Wall -Wextra -Werror)`);
      targets.push(...names.map((name) => `target_link_libraries(${name} PRIVATE hawser::hawser)`));
      paste(
        "CMakeLists.txt",
        `${cmake.replace("/path/to/your/clone/of/hawser", root)}\n${targets.join("\n")}\n`,
      );
      const build = path.join(folder, "build");
      const say = (/** @type {any} */ { stdout, stderr }) => assert.fail(`${stdout}${stderr}`);
      const flags = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-S", folder, "-B", build];
      await run("emcmake", ["cmake", ...flags]).catch(say);
      await run("cmake", ["--build", build]).catch(say);
      const programs = { app: endpoint, "readme-coroutines": endpoint, ...guides };
      for (const [program, endpoint] of Object.entries(programs))
        printed[program] = await print(nodeWithJspi, `build/${program}.js`, endpoint).catch(say);
    }

    for (const [index, [program, what]] of Object.entries({
      "readme-coroutines": "with coroutines",
      app: "with callbacks",
    }).entries()) {
      it(`README's example ${what} has at most 20 lines and runs`, () => {
        const example = [coroutines, callbacks][index];
        assert.ok(countLines(example) <= 20);
        assert.ok(example.includes(demoEndpoint));
        assert.equal(printed[program], expected);
      });
    }

    for (const { name, examples, output } of ofGuides) {
      it(`docs/${name}.md compiles without a warning, and its program prints what the guide says`, () => {
        const programs = examples.filter((example) => example.includes("int main()"));
        assert.equal(programs.length, 1);
        assert.ok(programs[0].includes(demoEndpoint));
        assert.equal(printed[name], output);
      });
    }

    it("docs/first-connection.md has the CMakeLists.txt that docs/installing.md has for a folder in the project", () => {
      const installing = fs.readFileSync(path.join(root, "docs/installing.md"), "utf8");
      const [expected] = blocks(section(installing, "CMake: git submodule"), "cmake"); // install.test.mjs builds it
      assert.equal(blocksOf("docs/first-connection.md", "cmake")[0], expected);
    });

    describe("in a page", { skip: whyNot("chromium") }, () => {
      /** @type {Awaited<ReturnType<typeof launch>>} */
      let browser;
      let pages = "";
      /** @type {Awaited<ReturnType<typeof startServer>>} */
      let files;
      before(async () => {
        browser = await launch("chromium");
        pages = fs.mkdtempSync(path.join(folder, "pages-"));
        files = await startServer({ root: { "/build/": path.join(folder, "build"), "/": pages } });
      });
      after(async () => {
        await browser?.close();
        await files?.close();
        if (pages) fs.rmSync(pages, { recursive: true });
      });

      /**
       * Opens the page of a guide with its program. It connects to `to` when it means the demo's
       * server, or the one of the guide.
       *
       * @param {string} name
       * @param {string} to
       */
      async function open(name, to) {
        const [html] = blocksOf(`docs/${name}.md`, "html");
        const redirect = `<script>
          const BrowserWebSocket = WebSocket;
          WebSocket = class extends BrowserWebSocket {
            constructor(url, ...others) {
              super(url.replace(/^ws:..127.0.0.1:8080.(echo)?$/, "${to}"), ...others);
            }
          };
        </script>`;
        assert.ok(html.includes('src="build/app.js"'));
        fs.writeFileSync(
          path.join(pages, `${name}.html`),
          html.replace("<script>", `${redirect}<script>`).replace("build/app", `build/${name}`),
        );
        const page = await browser.newPage();
        await page.goto(`${files.http}/${name}.html`);
        return page;
      }

      it("docs/first-connection.md shows what the guide says", async () => {
        const page = await open("first-connection", `${server.ws}/echo`);
        const [expected] = blocksOf("docs/first-connection.md", "text");
        await page.waitFor(
          (expected) => document.querySelector("pre")?.textContent === expected,
          expected,
        );
      });

      it("docs/chat.md sends each line to everyone, and lines that were written while the server was down", async () => {
        const [script] = blocksOf("docs/chat.md", "js");
        assert.ok(script.includes('"http://127.0.0.1:8000"') && script.includes("port: 8080"));
        /** @param {number} port */
        const startChat = async (port) => {
          const text = script
            .replace("http://127.0.0.1:8000", files.http)
            .replace("port: 8080", `port: ${port}`);
          const file = path.join(pages, "chat_server.mjs");
          fs.writeFileSync(file, `${text}\nexport { server };\n`);
          const { server } = await import(`${file}?${port}`);
          if (!server.address()) await once(server, "listening");
          return server;
        };
        /** @param {import("ws").WebSocketServer} chat */
        const stopChat = async (chat) => {
          for (const client of chat.clients) client.terminate();
          await promisify(chat.close.bind(chat))();
        };
        /** @param {import("../support/browsers.mjs").Page} page @param {string} status */
        const shows = (page, status) =>
          page.waitFor(
            (status) => document.querySelector("#status")?.textContent === status,
            status,
          );
        /** @param {import("../support/browsers.mjs").Page} page @param {string[]} lines */
        const has = (page, lines) =>
          page.waitFor(
            (lines) =>
              [...document.querySelectorAll("li")].map((item) => item.textContent).join() ===
              lines.join(),
            lines,
          );

        let chat = await startChat(0);
        try {
          const { port } = chat.address();
          const openChat = () => open("chat", `ws://127.0.0.1:${port}/`);
          const other = await openChat();
          const front = await openChat();
          const both = [other, front];
          for (const page of both) await shows(page, "open");
          await front.fill("Line", "hello, 世界");
          await front.click("Send");
          for (const page of both) await has(page, ["hello, 世界"]);

          await stopChat(chat);
          for (const page of both) await shows(page, "waiting");
          await front.fill("Line", "<b>later</b>");
          await front.click("Send");
          chat = await startChat(port);
          for (const page of both) await shows(page, "open");
          await has(front, ["hello, 世界", "<b>later</b>"]); // the other may have been offline when it was sent
        } finally {
          if (chat.address()) await stopChat(chat);
        }
      });
    });

    it("docs/sessions.md and docs/session-options.md name the members in the order of the header", () => {
      const header = fs.readFileSync(path.join(root, "wasm/include/hawser/session.hpp"), "utf8");
      for (const [document, type] of [
        ["docs/sessions.md", "SessionHandlers"],
        ["docs/session-options.md", "SessionOptions"],
      ]) {
        const [, body] = /** @type {RegExpExecArray} */ (
          new RegExp(`^struct ${type} \\{(.*?)^\\};`, "ms").exec(header)
        );
        const code = body.replaceAll(/\/\/.*$/gm, "");
        const members = [...code.matchAll(/(\w+) = [^;]*;/g)].map(([, name]) => name);
        assert.equal(members.length, code.split(";").length - 1);
        assert.ok(members.length > 5);
        const text = fs.readFileSync(path.join(root, document), "utf8").replaceAll(/\s+/g, " ");
        assert.ok(
          text.includes(
            `in the order of the members: ${members.map((name) => `\`${name}\``).join(", ")}.`,
          ),
          document,
        );
      }
    });

    it("no document has examples that are not compiled", () => {
      const native = ["testing"]; // tests/node/testing_kit.test.mjs
      const compiled = [
        "README.md",
        "README.zh-CN.md", // and docs/zh have the same examples: tests/node/readme_zh.test.mjs
        ...[...Object.keys(guides), ofPage, ...references, ...native].map(
          (name) => `docs/${name}.md`,
        ),
      ];
      const documents = [".", "docs"].flatMap((where) =>
        fs.readdirSync(path.join(root, where)).map((name) => path.join(where, name)),
      );
      const others = documents.filter((name) => name.endsWith(".md") && !compiled.includes(name));
      assert.deepEqual(
        others.filter((name) => blocksOf(name, "cpp").length > 0),
        [],
      );
    });
  });
});
