// The reference of the npm package, a page for each of js/*.d.ts.

import fs from "node:fs";
import path from "node:path";
import ts from "typescript-5.9";

/**
 * A public symbol.
 *
 * @typedef {object} Symbol
 * @property {string} name
 * @property {string} file such as "session.d.ts"
 * @property {number} line
 * @property {boolean} isExported
 * @property {string} declaration without its members
 * @property {string} text its docstring, in Markdown
 * @property {Symbol[]} members
 */

/**
 * Reads declarations.
 *
 * @param {string} folder
 * @returns {Map<string, Symbol[]>} by file
 */
export function readDeclarations(folder) {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith(".d.ts"));
  return new Map(
    files.map((file) => [file, symbolsOf(file, fs.readFileSync(path.join(folder, file), "utf8"))]),
  );
}

/**
 * @param {string} file
 * @param {string} text
 */
function symbolsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement) || ts.isImportDeclaration(statement)) return [];
    if (ts.isExportAssignment(statement) || ts.isModuleDeclaration(statement)) return [];
    if (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) {
      return [
        symbolOf(
          statement,
          source,
          statement.members.flatMap((member) => symbolOf(member, source, [])),
        ),
      ];
    }
    return [symbolOf(statement, source, [])];
  });
}

/**
 * @param {ts.Statement | ts.ClassElement | ts.TypeElement} node
 * @param {ts.SourceFile} source
 * @param {Symbol[]} members
 * @returns {Symbol}
 */
function symbolOf(node, source, members) {
  const comments = /** @type {{ jsDoc?: ts.JSDoc[] }} */ (node).jsDoc ?? [];
  const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
  const body = node.getText(source);
  const head = members.length > 0 ? `${body.slice(0, body.indexOf("{")).trimEnd()} { … }` : body;
  return {
    name: nameOf(node, source),
    file: source.fileName,
    line: line + 1,
    isExported: /^(export|declare const url)\b/.test(body),
    declaration: head
      .replaceAll(`\n${" ".repeat(character)}`, "\n")
      .replace(/^export (declare )?|^declare /, ""),
    text: markdownOf(comments.at(-1)?.getText(source) ?? ""),
    members,
  };
}

/**
 * @param {ts.Statement | ts.ClassElement | ts.TypeElement} node
 * @param {ts.SourceFile} source
 */
function nameOf(node, source) {
  if (ts.isConstructSignatureDeclaration(node) || ts.isConstructorDeclaration(node))
    return "constructor";
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations[0].name.getText(source);
  const { name } = /** @type {{ name?: ts.Node }} */ (/** @type {unknown} */ (node));
  return name?.getText(source) ?? "";
}

/**
 * Returns the text of a comment, without its stars. Puts indented examples between fences.
 *
 * @param {string} comment
 */
function markdownOf(comment) {
  const text = comment
    .replace(/^\/\*\*|\*\/$/g, "")
    .replace(/^[ \t]*\* ?/gm, "")
    .trim();
  return text.replace(
    /(?:^ {4}.*\n?(?:\n(?= {4}))?)+/gm,
    (code) => `${fence(code.replace(/^ {4}/gm, ""))}\n`,
  );
}

/** @param {string} code */
const fence = (code) => "```ts\n" + code.trimEnd() + "\n```";

/** Members that the platform's own class has in the same way. */
const CUSTOMARY =
  /^(prototype|CONNECTING|OPEN|CLOSING|CLOSED|name|addEventListener|removeEventListener)$/;

/**
 * Finds exported symbols without a docstring. Returns them as "file:line: name". Overloads share a
 * docstring.
 *
 * @param {Map<string, Symbol[]>} files
 */
export function undocumented(files) {
  const missing = (/** @type {Symbol[]} */ symbols, within = "") =>
    symbols
      .filter(
        ({ name, text }, index) =>
          !text && !CUSTOMARY.test(name) && symbols[index - 1]?.name !== name,
      )
      .map(({ file, line, name }) => `${file}:${line}: ${within}${name}`);
  return [...files.values()].flatMap((symbols) => {
    const exported = symbols.filter(({ isExported }) => isExported);
    return [
      ...missing(exported),
      ...exported.flatMap(({ name, members }) => missing(members, `${name}.`)),
    ];
  });
}

/** The name by which a program imports a declaration file. @param {string} file */
const moduleOf = (file) =>
  file === "index.d.ts" ? "hawser" : `hawser/${file.replace(".d.ts", "")}`;

/** @param {string} file */
export const pageOf = (file) => file.replace(".d.ts", ".md").replace("index", "hawser");

/**
 * Renders the pages as Markdown, by names such as "session.md".
 *
 * @param {Map<string, Symbol[]>} files
 */
export function renderDeclarations(files) {
  return new Map(
    [...files].map(([file, symbols]) => {
      const write = new Writer(file, files);
      const helpers = symbols.filter(({ isExported, text }) => !isExported && !text);
      const parts = [
        `# ${moduleOf(file)}`,
        ...symbols
          .filter((symbol) => !helpers.includes(symbol))
          .flatMap((symbol) => write.symbol(symbol)),
        helpers.length > 0 ? "## Types used above" : "",
        helpers.length > 0 ? fence(helpers.map(({ declaration }) => declaration).join("\n")) : "",
      ];
      return [pageOf(file), `${parts.filter(Boolean).join("\n\n")}\n`];
    }),
  );
}

/** Renders the symbols of a file as Markdown. */
class Writer {
  #file;
  #files;

  /**
   * @param {string} file
   * @param {Map<string, Symbol[]>} files
   */
  constructor(file, files) {
    this.#file = file;
    this.#files = files;
  }

  /** @param {Symbol} symbol */
  symbol({ name, declaration, text, members }) {
    const groups = members.filter((member, index) => members[index - 1]?.name !== member.name);
    return [
      `## ${name} {#${anchorOf(name)}}`,
      fence(declaration),
      this.#link(text, name),
      ...groups.flatMap((member) => {
        const same = members.filter((other) => other.name === member.name);
        const title = member.name.replace(/^\[(.*)\]$/, "\\[$1\\]");
        return [
          `### ${title} {#${anchorOf(`${name}.${member.name}`)}}`,
          fence(same.map((one) => one.declaration).join("\n")),
          this.#link(
            same
              .map((one) => one.text)
              .filter(Boolean)
              .join("\n\n"),
            name,
          ),
        ];
      }),
    ];
  }

  /**
   * Links names of symbols in a docstring, such as `Session` and `Session.ready`.
   *
   * @param {string} text
   * @param {string} own the symbol that it documents
   */
  #link(text, own) {
    const parts = text.split(/(^```[^]*?^```$)/m);
    return parts
      .map((part, index) =>
        index % 2
          ? part
          : part.replace(/`([\w.]+)(\([^`)]*\))?`/g, (code, name) => this.#linkTo(code, name, own)),
      )
      .join("");
  }

  /**
   * @param {string} code
   * @param {string} name
   * @param {string} own
   */
  #linkTo(code, name, own) {
    const [type, member] = name.split(".");
    if (type === own && !member) return code;
    const file = [this.#file, ...this.#files.keys()].find((file) => {
      const symbol = this.#files
        .get(file)
        ?.find(
          (one) => one.name === type && /^(class|interface|type|function)/.test(one.declaration),
        );
      return symbol && (!member || symbol.members.some((one) => one.name === member));
    });
    const isOwn =
      !member &&
      this.#files
        .get(this.#file)
        ?.some((one) => one.name === own && one.members.some(({ name }) => name === type));
    if (isOwn) return `[${code}](#${anchorOf(`${own}.${type}`)})`;
    return file ? `[${code}](${file === this.#file ? "" : pageOf(file)}#${anchorOf(name)})` : code;
  }
}

/** @param {string} name */
const anchorOf = (name) => name.replace(/[^\w]+/g, "-").replace(/-$/, "");
