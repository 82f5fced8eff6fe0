// The code that ships to pages makes no code from text, no markup from text, and no script element,
// so that it runs under any policy. Where a page has a policy, its browser checks the code that
// runs; this checks the source.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Linter } from "eslint";
import { findNonAscii } from "../support/ascii.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

// For each folder: the endings of shipped files, and files that must exist for the test to mean
// anything.
const shipped = [
  { folder: "js", ending: ".js", known: "load.js" },
  { folder: "dist", ending: ".mjs", known: "session.mjs" },
  { folder: "demo/page", ending: ".mjs", known: "page.mjs" },
  { folder: "demo/page", ending: ".js", known: "views.js" },
  { folder: "demo/views", ending: ".mjs", known: "socket.mjs" },
  { folder: "build/release/demo", ending: ".mjs", known: "demo.mjs" },
];

const markup =
  "innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|srcdoc";
const call = ":matches(CallExpression, NewExpression)";

/**
 * Forbidden code, as selectors of syntax trees (ESTree, esquery). Names also count in brackets:
 * `element["innerHTML"]`.
 */
const forbidden = {
  eval: ":matches(Identifier[name='eval'], Literal[value='eval'])",
  "the constructor of functions": `${call}[callee.name=/^(Async|Generator|AsyncGenerator)?Function$/]`,
  "a constructor found through an object": `${call}[callee.property.name='constructor']`,
  "a timer whose callback may be text":
    ":matches(CallExpression[callee.name=/^set(Timeout|Interval|Immediate)$/], " +
    "CallExpression[callee.property.name=/^set(Timeout|Interval|Immediate)$/])" +
    "[arguments.0.type!=/^(ArrowFunctionExpression|FunctionExpression|Identifier|MemberExpression)$/]",
  "markup from text": `:matches(Identifier[name=/^(${markup})$/], Literal[value=/^(${markup})$/])`,
  "document.write": "MemberExpression[object.name='document'][property.name=/^write(ln)?$/]",
  "a script in the page":
    ":matches(Literal[value=/^script$|<script|^javascript:/i], TemplateElement[value.raw=/<script|^javascript:/i])",
  importScripts: "Identifier[name='importScripts']",
};

/**
 * Whether this is the demo's `fromPage("file")`, which is relative to the page; or one of its
 * catalogues of texts.
 *
 * @param {import("estree").Expression} source
 */
function isBesidePage(source) {
  if (source.type !== "CallExpression" || source.callee.type !== "Identifier") return false;
  const [file] = source.arguments;
  const isText = file?.type === "TemplateLiteral" && file.quasis[0].value.raw === "texts/";
  return source.callee.name === "fromPage" && (file?.type === "Literal" || isText);
}

/**
 * import() of anything other than a literal or a constant that is one.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
const literalImport = {
  create(context) {
    return {
      ImportExpression(node) {
        const { source } = node;
        if (source.type === "Literal" || isBesidePage(source)) return;
        const name = source.type === "Identifier" ? source.name : "";
        /** @type {import("eslint").Scope.Scope | null} */
        let scope = context.sourceCode.getScope(node);
        while (scope && !scope.set.has(name)) scope = scope.upper;
        const [definition] = scope?.set.get(name)?.defs ?? [];
        const isConstant = definition?.type === "Variable" && definition.parent.kind === "const";
        if (isConstant && definition.node.init?.type === "Literal") return;
        context.report({ node, message: "a module named by text" });
      },
    };
  },
};

/** @type {import("eslint").Linter.Config} */
const config = {
  languageOptions: { ecmaVersion: "latest", sourceType: "module" },
  linterOptions: { reportUnusedDisableDirectives: "off" },
  plugins: { local: { rules: { "literal-import": literalImport } } },
  rules: {
    "no-restricted-syntax": [
      "error",
      ...Object.entries(forbidden).map(([message, selector]) => ({ selector, message })),
    ],
    "local/literal-import": "error",
  },
};

/**
 * The forbidden parts of `code`, and whether it cannot be parsed.
 *
 * @param {string} code
 */
function complaintsOf(code) {
  const messages = new Linter().verify(code, config, { allowInlineConfig: false });
  return messages.map(({ message, line, column }) => `${line}:${column}: ${message}`);
}

describe("the shipped code", () => {
  for (const { folder, ending, known } of shipped) {
    it(`makes no code and no markup from text, in ${folder}/`, () => {
      const names = fs.readdirSync(path.join(root, folder)).filter((name) => name.endsWith(ending));
      assert.ok(names.includes(known), `${known} is not in ${folder}`);
      const complaints = names.flatMap((name) =>
        complaintsOf(fs.readFileSync(path.join(root, folder, name), "utf8")).map(
          (text) => `${name}:${text}`,
        ),
      );
      assert.deepEqual(complaints, []);
    });
  }
});

describe("the files that npm ships", () => {
  for (const [folder, ending] of [
    ["js", /\.js$|\.d\.ts$/],
    ["dist", /\.mjs$/],
  ]) {
    it(`is ASCII, so that it means the same in a page of any charset, in ${folder}/`, () => {
      const files = fs
        .readdirSync(path.join(root, String(folder)))
        .filter((name) => name.match(ending));
      assert.ok(files.length > 1);
      assert.deepEqual(
        files.flatMap((name) => findNonAscii(path.join(root, String(folder), name))),
        [],
      );
    });
  }
});

describe("the check of shipped code", () => {
  const planted = [
    "eval('1')",
    "(0, eval)('1')",
    "globalThis['eval']('1')",
    "new Function('return 1')()",
    "Function('return 1')()",
    "(() => {}).constructor('return 1')()",
    "setTimeout('f()', 1)",
    "globalThis.setInterval(`f()`, 1)",
    "setTimeout('f(' + name + ')')",
    "element.innerHTML = text",
    "element['outerHTML'] = text",
    "element.insertAdjacentHTML('beforeend', text)",
    "frame.srcdoc = text",
    "document.write(text)",
    "globalThis.importScripts('x.js')",
    "document.createElement('script')",
    "document.createElementNS(namespace, 'SCRIPT')",
    "location = 'javascript:alert(1)'",
    "import(name)",
    "import(fromPage(name))",
    "import(from('./x.js'))",
    "let name = './x.js'; import(name)",
    "function f(name) { const other = './x.js'; return import(name + other); }",
    "/* eslint-disable */ eval('1')",
    "code that cannot be parsed",
  ];
  for (const code of planted) {
    it(`finds ${code}`, () => assert.equal(complaintsOf(code).length, 1));
  }

  it("finds nothing in allowed code", () => {
    const code = `
      const MODULE = "./module.mjs";
      const call = Function.prototype.call.bind(f);
      export const modules = [import("./other.mjs"), import(MODULE)];
      export const load = () => import(MODULE);
      export const demo = () => import(fromPage("demo/demo.mjs"));
      export const texts = () => import(fromPage(\`texts/\${language}.mjs\`));
      setTimeout(() => {}, 1), setTimeout(f, 1), setTimeout(this.tick, 1);
      document.createElement("p").textContent = call("evaluate <p> script");
      stream.write("text");
    `;
    assert.deepEqual(complaintsOf(code), []);
  });
});
