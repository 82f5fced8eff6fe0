// The documents in Chinese keep step with the English ones: README.zh-CN.md with README.md, and
// docs/zh with docs.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { site } from "../support/site.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { slug } = await site("links.mjs");

/** The English original of each document in Chinese. */
const originals = new Map([
  ["README.zh-CN.md", "README.md"],
  ...fs
    .readdirSync(path.join(root, "docs/zh"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => /** @type {const} */ ([`docs/zh/${name}`, `docs/${name}`])),
]);

/** @typedef {{ file: string, text: string }} Document */

/** @param {string} file @returns {Document} */
const read = (file) => ({ file, text: fs.readFileSync(path.join(root, file), "utf8") });

/**
 * A document in parts: what is before the first heading, and what is below each.
 *
 * @param {Document} document
 */
function partsOf({ text }) {
  /** @type {{ level: number, heading: string, code: string[], prose: string }[]} */
  const parts = [{ level: 0, heading: "", code: [], prose: "" }];
  for (const [block, fence, line] of text.matchAll(/^ *(`{3,}).*\n[^]*?^ *\1$|^(.*)$/gm)) {
    const [, marks, heading] = /^(#{1,6}) (.*)$/.exec(line ?? "") ?? [];
    if (heading) parts.push({ level: marks.length, heading, code: [], prose: `${heading}\n` });
    else if (fence) parts[parts.length - 1].code.push(block);
    else parts[parts.length - 1].prose += `${block}\n`;
  }
  return parts;
}

/** The numbers in a text, except those in URLs and comments. @param {string} prose */
function numbersIn(prose) {
  const text = prose.replaceAll(/<!--[^]*?-->|\]\([^)]*\)|https?:[!-;=?-~]+/g, " ");
  return text.match(/\d+(?:[.,]\d+)*/g) ?? [];
}

/** What the links and images of a text lead to. @param {string} prose */
function targetsIn(prose) {
  const text = prose.replaceAll(/(`+)[^]*?\1/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)|(https?:[!-;=?-~]+)/g)].map(
    ([, link, url]) => link ?? url,
  );
}

/**
 * Where a link leads, as if all documents were English: the heading of a document in Chinese counts
 * as the one of its original that has the same place.
 *
 * @param {string} target
 * @param {Document} from
 * @param {(file: string) => Document} open
 */
function inEnglish(target, from, open) {
  if (/^[a-z]+:/i.test(target)) return target;
  const [to, anchor] = target.split("#");
  const file = to ? path.posix.join(path.posix.dirname(from.file), to) : from.file;
  const original = originals.get(file);
  if (anchor === undefined) return original ?? file;
  if (!original) return `${file}#${anchor}`;
  const at = partsOf(open(file)).findIndex(({ heading }) => slug(heading) === decodeURI(anchor));
  const heading = partsOf(open(original))[at]?.heading;
  return at > 0 && heading ? `${original}#${slug(heading)}` : `${file}#${anchor}`;
}

/**
 * "2 × a, b" of what the first list has more often than the second.
 *
 * @param {string[]} some
 * @param {string[]} others
 */
function surplus(some, others) {
  const count = (/** @type {string[]} */ list, /** @type {string} */ item) =>
    list.filter((one) => one === item).length;
  return [...new Set(some)]
    .map((item) => ({ item, more: count(some, item) - count(others, item) }))
    .filter(({ more }) => more > 0)
    .map(({ item, more }) => (more > 1 ? `${more} × ${item}` : item))
    .join(", ");
}

/**
 * What differs in a list that each part of a document has. In a part, the order is free: languages
 * order words differently.
 *
 * @param {Document} english
 * @param {Document} chinese
 * @param {(prose: string, document: Document) => string[]} list
 */
function differencesOf(english, chinese, list) {
  const translated = partsOf(chinese);
  return partsOf(english).flatMap(({ heading, prose }, index) => {
    const expected = list(prose, english);
    const actual = list(translated[index]?.prose ?? "", chinese);
    const where = heading ? `Below "${heading}"` : "Above the first heading";
    const [missing, extra] = [surplus(expected, actual), surplus(actual, expected)];
    return [
      ...(missing ? [`${where}, ${chinese.file} lacks ${missing}.`] : []),
      ...(extra ? [`${where}, ${english.file} lacks ${extra}.`] : []),
    ];
  });
}

/** @param {Document} english @param {Document} chinese */
function headingDifferences(english, chinese) {
  const [expected, actual] = [partsOf(english), partsOf(chinese)];
  const marked = (/** @type {typeof expected[0] | undefined} */ part) =>
    part ? `"${"#".repeat(part.level)} ${part.heading}"` : "no more headings";
  const at = Array.from(
    { length: Math.max(expected.length, actual.length) },
    (_, index) => index,
  ).find((index) => expected[index]?.level !== actual[index]?.level);
  return at === undefined
    ? []
    : [
        `${english.file} has ${marked(expected[at])} where ${chinese.file} has ${marked(actual[at])}.`,
      ];
}

/** @param {Document} english @param {Document} chinese */
function codeDifferences(english, chinese) {
  const [expected, actual] = [english, chinese].map((document) =>
    partsOf(document).flatMap(({ code }) => code),
  );
  const count = Math.max(expected.length, actual.length);
  const differing = Array.from({ length: count }, (_, index) => index).filter(
    (i) => expected[i] !== actual[i],
  );
  return differing.map((index) => {
    const [lines, others] = [expected, actual].map((blocks) => blocks[index]?.split("\n") ?? []);
    const at =
      Array.from({ length: lines.length + 1 }, (_, i) => i).find((i) => lines[i] !== others[i]) ??
      0;
    const [line, other] = [lines[at], others[at]].map((text) =>
      text === undefined ? "nothing" : `"${text}"`,
    );
    return `Code block ${index + 1} of ${english.file} has ${line} where ${chinese.file} has ${other}.`;
  });
}

/** @param {Document} english @param {Document} chinese */
const numberDifferences = (english, chinese) => differencesOf(english, chinese, numbersIn);

/**
 * @param {Document} english
 * @param {Document} chinese
 * @param {(file: string) => Document} [open]
 */
const targetDifferences = (english, chinese, open = read) =>
  differencesOf(english, chinese, (prose, document) =>
    targetsIn(prose).map((target) => inEnglish(target, document, open)),
  );

/**
 * Links of a document in Chinese to English ones that have a translation. Only its own original may
 * be linked.
 *
 * @param {Document} english
 * @param {Document} chinese
 */
function untranslatedTargets(english, chinese) {
  const translations = new Map(
    [...originals].map(([translation, original]) => [original, translation]),
  );
  return targetsIn(chinese.text).flatMap((target) => {
    const file = path.posix.join(path.posix.dirname(chinese.file), target.replace(/#.*/, ""));
    const translation = file === english.file ? undefined : translations.get(file);
    return translation
      ? [`${chinese.file} links to ${target} where it could link to ${translation}.`]
      : [];
  });
}

const checks = {
  "the same headings, by count and level": headingDifferences,
  "the same code blocks": codeDifferences,
  "the same numbers": numberDifferences,
  "the same targets of links and images": targetDifferences,
  "links to documents in Chinese where there are some": untranslatedTargets,
};

for (const [translation, original] of originals) {
  describe(`${translation} and ${original}`, () => {
    for (const [what, check] of Object.entries(checks)) {
      it(`have ${what}`, () => assert.deepEqual(check(read(original), read(translation)), []));
    }
  });
}

describe("the check of documents in Chinese", () => {
  const english = {
    file: "README.md",
    text: "# Title\n\nIt takes 2 of 3 ms.\n\n## Install\n\n```sh\nnpm 1\n```\n\n[More](docs/a.md#b) and ![P](p.png).\n",
  };
  const translated = {
    file: "README.zh-CN.md",
    text: "# 标题\n\n3 ms 中占 2 ms。\n\n## 安装\n\n```sh\nnpm 1\n```\n\n![图](p.png)与[更多](docs/a.md#b)。\n",
  };
  /** @param {string} from @param {string} to */
  const changed = (from, to) => {
    assert.ok(translated.text.includes(from));
    return { ...translated, text: translated.text.replace(from, to) };
  };

  it("finds nothing when only words and their order differ", () => {
    for (const check of Object.values(checks)) assert.deepEqual(check(english, translated), []);
  });

  it("names the first heading that is missing, extra or of another level", () => {
    assert.deepEqual(headingDifferences(english, changed("## 安装", "### 安装")), [
      'README.md has "## Install" where README.zh-CN.md has "### 安装".',
    ]);
    assert.deepEqual(headingDifferences(english, changed("## 安装\n", "")), [
      'README.md has "## Install" where README.zh-CN.md has no more headings.',
    ]);
    assert.deepEqual(
      headingDifferences(english, { ...translated, text: `${translated.text}\n## 其他\n` }),
      ['README.md has no more headings where README.zh-CN.md has "## 其他".'],
    );
  });

  it("names the first line of code that differs or is missing", () => {
    assert.deepEqual(codeDifferences(english, changed("npm 1", "npm 2")), [
      'Code block 1 of README.md has "npm 1" where README.zh-CN.md has "npm 2".',
    ]);
    assert.deepEqual(codeDifferences(english, changed("```sh\nnpm 1\n```\n", "")), [
      'Code block 1 of README.md has "```sh" where README.zh-CN.md has nothing.',
    ]);
    assert.deepEqual(codeDifferences(english, changed("更多", "更多\n\n```js\n1\n```\n")), [
      'Code block 2 of README.md has nothing where README.zh-CN.md has "```js".',
    ]);
  });

  it("names the numbers that differ, and where", () => {
    assert.deepEqual(numberDifferences(english, changed("占 2 ms", "占 2.5 ms")), [
      'Below "Title", README.zh-CN.md lacks 2.',
      'Below "Title", README.md lacks 2.5.',
    ]);
    assert.deepEqual(numberDifferences(english, changed("更多", "更多 7、7")), [
      'Below "Install", README.md lacks 2 × 7.',
    ]);
  });

  it("names the links and images that differ, and where", () => {
    assert.deepEqual(targetDifferences(english, changed("p.png", "q.png")), [
      'Below "Install", README.zh-CN.md lacks p.png.',
      'Below "Install", README.md lacks q.png.',
    ]);
    assert.deepEqual(targetDifferences(english, changed("a.md#b", "a.md#c")), [
      'Below "Install", README.zh-CN.md lacks docs/a.md#b.',
      'Below "Install", README.md lacks docs/a.md#c.',
    ]);
  });

  it("takes a heading in Chinese for the English one at its place", () => {
    const open = (/** @type {string} */ file) => (file === english.file ? english : translated);
    const linking = { ...english, text: `${english.text}[Above](#install)\n` };
    const good = { ...translated, text: `${translated.text}[上文](#安装)\n` };
    const bad = { ...translated, text: `${translated.text}[上文](#没有)\n` };
    assert.deepEqual(targetDifferences(linking, good, open), []);
    assert.deepEqual(targetDifferences(linking, bad, open), [
      'Below "Install", README.zh-CN.md lacks README.md#install.',
      'Below "Install", README.md lacks README.zh-CN.md#没有.',
    ]);
  });

  it("names a link to an English document that has a translation", () => {
    const linking = { file: "docs/zh/other.md", text: "[安装](../../README.md#install)" };
    assert.deepEqual(untranslatedTargets({ file: "docs/other.md", text: "" }, linking), [
      "docs/zh/other.md links to ../../README.md#install where it could link to README.zh-CN.md.",
    ]);
    assert.deepEqual(
      untranslatedTargets(english, { ...translated, text: "[English](README.md)" }),
      [],
    );
  });
});
