// The demo's texts: every language has all of them, and none is outside the catalogues.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript-5.9"; // the newest one has no API
import { LANGUAGES, renderPage } from "../../demo/server/pages.mjs";
import { catalogues } from "../../demo/texts/catalogues.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const template = read("demo/index.html");

/** @param {string} file */
function read(file) {
  return fs.readFileSync(path.join(root, file), "utf8");
}

/**
 * The files of the page with one of these extensions.
 *
 * @param {string[]} extensions
 */
function filesOfPage(...extensions) {
  return ["demo/page", "demo/views"].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder))
      .filter((name) => extensions.includes(path.extname(name)))
      .map((name) => `${folder}/${name}`),
  );
}

/**
 * Every text by its key, such as "socket.url".
 *
 * @param {object} catalogue
 * @param {string} prefix
 * @returns {[string, unknown][]}
 */
function textsOf(catalogue, prefix = "") {
  return Object.entries(catalogue).flatMap(([name, text]) =>
    typeof text === "object" ? textsOf(text, `${prefix}${name}.`) : [[prefix + name, text]],
  );
}

/**
 * The template's own visible text: without tags, code and keys.
 *
 * @param {string} html
 */
function textsOfTemplate(html) {
  const plain = html
    .replace(/<!--.*?-->/gs, "")
    .replace(/<(code|script|style)\b[^>]*>.*?<\/\1>/gs, "");
  const nodes = [...plain.matchAll(/>([^<]+)(?=<)/g)].map(([, text]) => text);
  const attributes = [
    ...plain.matchAll(
      /\b(?:aria-label|aria-description|placeholder|title|alt|data-empty)="([^"]*)"/g,
    ),
  ];
  return [...nodes, ...attributes.map(([, text]) => text)]
    .map((text) => text.replace(/\{\{[#/]?[\w.]+\}\}/g, "").trim())
    .filter((text) => /\p{Letter}/u.test(text));
}

/**
 * The texts of the string literals of a script.
 *
 * @param {string} file
 */
function literalsOf(file) {
  /** @type {string[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node)
    ) {
      found.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  return found;
}

/**
 * The names of an enumeration of hawser.
 *
 * @param {string} file
 * @param {string} name
 */
function enumerators(file, name) {
  const [, body] =
    read(file).match(new RegExp(`enum class ${name} [^{]*\\{(.*?)\\n\\};`, "s")) ?? [];
  assert.ok(body, `${file} has no ${name}`);
  return [...body.matchAll(/^ {2}(\w+)(?: = \d+)?,/gm)].map(([, enumerator]) => enumerator);
}

/** @param {string} text */
const startsLikeSentence = (text) => /^[“"(]?[A-Z][\w’']*,? [\w“(]/.test(text);

describe("the demo's texts", () => {
  const { en, ...others } = catalogues;

  for (const [language, catalogue] of Object.entries(others)) {
    it(`are the same in ${language} as in English, with the same changing parts`, () => {
      /** @param {[string, unknown][]} texts */
      const shape = (texts) =>
        texts
          .filter(([key]) => !key.startsWith("errors."))
          .map(
            ([key, text]) =>
              `${key}: ${typeof text === "function" ? `${text.length} parts` : typeof text}`,
          );
      assert.deepEqual(shape(textsOf(catalogue)), shape(textsOf(en)));
    });

    it(`describe each error in ${language}, since hawser itself speaks English`, () => {
      const names = enumerators("wasm/include/hawser/error.hpp", "Error");
      assert.ok(names.includes("connection_lost"));
      assert.deepEqual(Object.keys(catalogue.errors), names);
    });
  }

  it("are in Chinese in the Chinese catalogue", () => {
    // Such as URL, p95 or `fetch`.
    const isName = (/** @type {string} */ text) =>
      /^(WebSocket|hawser|p\d+|`\w+`|KiB|MB\/s|ping|pong|[A-Z/+#\d.,， ])*$/.test(text);
    const english = textsOf(catalogues.zh).filter(
      ([, text]) => typeof text === "string" && !/\p{Script=Han}/u.test(text) && !isName(text),
    );
    assert.deepEqual(english, []);
  });

  it("name each state, reason and event that C++ knows", () => {
    for (const [names, file, enumeration] of /** @type {const} */ ([
      [en.session.states, "session.hpp", "SessionState"],
      [en.session.stopReasons, "reconnect.hpp", "StopReason"],
      [en.panel.types, "observe.hpp", "ObservationType"],
      [en.panel.queues, "observe.hpp", "DroppedFrom"],
    ])) {
      assert.deepEqual(Object.keys(names), enumerators(`wasm/include/hawser/${file}`, enumeration));
    }
  });

  for (const language of LANGUAGES) {
    it(`fill the template in ${language}`, () => {
      assert.doesNotMatch(renderPage(root, language), /\{\{|\}\}/);
    });
  }

  it("are all used", () => {
    const scripts = filesOfPage(".mjs", ".js").map(read).join("\n");
    const keys = new Set(textsOf(en).map(([key]) => key));
    for (const [, key] of template.matchAll(/\{\{#?([\w.]+)\}\}/g)) {
      for (const one of keys) if (one === key || one.startsWith(`${key}.`)) keys.delete(one); // a list is used as a whole
    }
    // A text is used if a script names it, or an object that contains it: texts.log.kinds[kind].
    const used = [...scripts.matchAll(/\btexts\.([\w.]*\w)/g)].map(([, key]) => key);
    for (const [, name] of scripts.matchAll(/const \{ (\w+) \} = texts;/g)) {
      used.push(
        ...[...scripts.matchAll(new RegExp(`\\b${name}\\.[\\w.]*\\w`, "g"))].map(([key]) => key),
      );
    }
    const unused = [...keys].filter(
      (key) => !used.some((one) => one === key || key.startsWith(`${one}.`)),
    );
    assert.deepEqual(unused, []);
  });

  it("are not in the template itself", () => {
    const names = ["hawser", "JavaScript", "C++", "English", "中文", "echo.v2, echo.v1"];
    const isQuantity = (/** @type {string} */ text) => /^[\d.,]+ (B|KiB|MiB|ms)$/.test(text);
    assert.deepEqual(
      textsOfTemplate(template).filter((text) => !names.includes(text) && !isQuantity(text)),
      [],
    );
  });

  it("are not in the scripts of the page", () => {
    const forDevelopers = ["The page has no "];
    const namesSection = (/** @type {string} */ text) =>
      /^(RFC \d+|WHATWG \w+) §[\d.]*$/.test(text);
    const sentences = filesOfPage(".mjs", ".js").flatMap((file) =>
      literalsOf(file)
        .filter(
          (text) =>
            startsLikeSentence(text) && !forDevelopers.includes(text) && !namesSection(text),
        )
        .map((text) => `${file}: ${text}`),
    );
    assert.deepEqual(sentences, []);
  });

  it("are not in the C++ of the page", () => {
    const sentences = filesOfPage(".cpp", ".hpp").flatMap((file) =>
      [
        ...read(file)
          .replace(/\/\/.*/g, "")
          .matchAll(/"((?:[^"\\\n]|\\.)*)"/g),
      ]
        .filter(([, text]) => startsLikeSentence(text))
        .map(([, text]) => `${file}: ${text}`),
    );
    assert.deepEqual(sentences, []);
  });
});
