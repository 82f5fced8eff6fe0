// The reference of the C++ headers, a page for each header. Doxygen reads the headers.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { XMLParser } from "fast-xml-parser";
import { fail } from "../tools/console.mjs";

/**
 * An XML node. `tag` is "#text" for text.
 *
 * @typedef {{ tag: string, attributes: Record<string, string>, children: Node[], text: string }}
 *   Node
 */

/**
 * A public symbol.
 *
 * @typedef {object} Symbol
 * @property {string} id from Doxygen
 * @property {string} kind from Doxygen, such as "function"
 * @property {string} name without its class or namespace
 * @property {string} within its class or namespace, without hawser; empty for hawser itself
 * @property {string} header such as "connection.hpp"
 * @property {number} line
 * @property {string} declaration
 * @property {Node[]} text its docstring
 * @property {Symbol[]} members
 * @property {string} [number] the value of an enumerator
 */

/** The place of a symbol's documentation. @typedef {{ page: string, anchor: string }} Place */

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: true,
});

/**
 * Reads the public headers in `include`, which contains the folder hawser.
 *
 * @param {string} include
 * @param {string} out a folder for what Doxygen writes
 */
export function readHeaders(include, out) {
  const xml = runDoxygen(include, out);
  const compounds = fs
    .readdirSync(xml)
    .filter(
      (file) => /^(class|struct|namespace|concept|.*_8hpp)/.test(file) && file.endsWith(".xml"),
    )
    .map((file) => find(parse(fs.readFileSync(path.join(xml, file), "utf8")), "compounddef"))
    .filter((compound) => compound !== undefined);
  const types = compounds.filter(({ attributes: { kind } }) =>
    ["class", "struct", "concept"].includes(kind),
  );
  const symbols = [...types.flatMap(typeOf), ...compounds.flatMap(freeOf)]
    .filter(isPublic)
    .sort(inSource);
  return nest(symbols);
}

/**
 * @param {string} include
 * @param {string} out
 */
function runDoxygen(include, out) {
  const program = process.env.HAWSER_DOXYGEN;
  if (!program)
    fail(
      "The reference of the C++ headers needs Doxygen, and HAWSER_DOXYGEN names none. Use: npm run docs",
    );
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });
  const settings = {
    INPUT: `"${path.join(include, "hawser")}" "${path.join(include, "hawser/testing")}"`,
    FILE_PATTERNS: "*.hpp",
    STRIP_FROM_PATH: `"${path.join(include, "hawser")}"`,
    FULL_PATH_NAMES: "YES",
    OUTPUT_DIRECTORY: `"${out}"`,
    GENERATE_XML: "YES",
    XML_PROGRAMLISTING: "NO",
    GENERATE_HTML: "NO",
    GENERATE_LATEX: "NO",
    EXTRACT_ALL: "YES",
    SORT_MEMBER_DOCS: "NO",
    // Reads the headers as a compiler for wasm does, without duplicates.
    PREDEFINED: "__clang__ __EMSCRIPTEN__ __cpp_exceptions",
    QUIET: "YES",
    WARN_IF_UNDOCUMENTED: "NO",
  };
  const input = Object.entries(settings)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join("");
  const { status, error, stderr } = spawnSync(program, ["-"], { input, encoding: "utf8" });
  if (status !== 0) fail(`Doxygen (${program}) failed: ${error?.message ?? stderr}`);
  return path.join(out, "xml");
}

/**
 * A class or a concept, and its members.
 *
 * @param {Node} compound
 * @returns {Symbol[]}
 */
function typeOf(compound) {
  const { id, kind, prot } = compound.attributes;
  const full = textOf(child(compound, "compoundname"));
  if (prot === "private" || prot === "protected") return [];
  const { within, name } = split(full);
  const base = {
    id,
    kind,
    name,
    within,
    ...locationOf(compound),
    text: docOf(compound),
    members: [],
  };
  const declaration =
    kind === "concept"
      ? textOf(child(compound, "initializer"))
      : `${templateOf(compound)}${kind} ${name}${basesOf(compound)};`;
  const members = children(compound, "sectiondef")
    .flatMap((section) => children(section, "memberdef"))
    .flatMap((member) => memberOf(member, join(within, name)));
  return [{ ...base, declaration: tidy(declaration) }, ...members];
}

/**
 * The functions, enumerations, constants and macros of a namespace or a file.
 *
 * @param {Node} compound
 */
function freeOf(compound) {
  const { kind } = compound.attributes;
  if (kind !== "namespace" && kind !== "file") return [];
  const within =
    kind === "namespace" ? textOf(child(compound, "compoundname")).replace(/^hawser(::)?/, "") : "";
  return children(compound, "sectiondef")
    .flatMap((section) => children(section, "memberdef"))
    .filter((member) => kind === "namespace" || member.attributes.kind === "define")
    .flatMap((member) => memberOf(member, within));
}

/**
 * @param {Node} member
 * @param {string} within
 * @returns {Symbol[]}
 */
function memberOf(member, within) {
  const { id, kind, prot } = member.attributes;
  const type = textOf(child(member, "type"));
  // Skips friends that are not functions, and names taken over by `using`, because they are not
  // separate symbols.
  const isClass =
    kind === "friend" &&
    (/\bclass$|\bstruct$/.test(type) || type === "" || !child(member, "argsstring"));
  if (prot !== "public" || isClass) return [];
  const name = textOf(child(member, "name"));
  const enumerators = children(member, "enumvalue").map((value) => ({
    id: value.attributes.id,
    kind: "enumvalue",
    name: textOf(child(value, "name")),
    within: join(within, name),
    ...locationOf(member),
    declaration: tidy(`${textOf(child(value, "name"))} ${textOf(child(value, "initializer"))}`),
    text: docOf(value),
    members: [],
    number: textOf(child(value, "initializer")).replace(/^=\s*/, ""),
  }));
  return [
    {
      id,
      kind,
      name,
      within,
      ...locationOf(member),
      declaration: tidy(declarationOf(member)),
      text: docOf(member),
      members: enumerators,
    },
  ];
}

/** @param {Node} member */
function declarationOf(member) {
  const { kind, static: isStatic, explicit, strong } = member.attributes;
  const [type, name, args, initial] = ["type", "name", "argsstring", "initializer"].map((tag) =>
    textOf(child(member, tag)),
  );
  const template = templateOf(member);
  switch (kind) {
    case "define": {
      const params = children(member, "param").map((param) => textOf(param).trim());
      return `#define ${name}${params.length > 0 ? `(${params.join(", ")})` : ""}`;
    }
    case "enum":
      return `enum${strong === "yes" ? " class" : ""} ${name}${type && ` : ${type}`};`;
    case "typedef":
      return `${template}using ${name} = ${type}${args};`;
    case "variable":
      return `${template}${isStatic === "yes" ? "static " : ""}${type} ${name}${args}${initial && ` ${initial}`};`;
    default: {
      const words = [isStatic === "yes" && "static", /^(yes)$/.test(explicit) && "explicit"].filter(
        Boolean,
      );
      const plain = type.replace(/\b(static|inline|explicit|friend|constexpr) ?/g, (word) =>
        word.startsWith("constexpr") ? word : "",
      );
      const requires = textOf(child(member, "requiresclause"));
      const start = [...words, plain].filter(Boolean).join(" ");
      return `${template}${requires && `  requires ${requires}\n`}${start}${start && " "}${name}${args};`;
    }
  }
}

/** @param {Node} node */
function templateOf(node) {
  const list = child(node, "templateparamlist");
  if (!list) return "";
  const params = children(list, "param").map((param) => {
    const [type, name, initial] = ["type", "declname", "defval"].map((tag) =>
      textOf(child(param, tag)),
    );
    return `${type}${name && ` ${name}`}${initial && ` = ${initial}`}`;
  });
  return `template <${params.join(", ")}>\n`;
}

/** @param {Node} compound */
function basesOf(compound) {
  const bases = children(compound, "basecompoundref")
    .filter(({ attributes: { prot } }) => prot === "public")
    .map(textOf)
    .filter((base) => !base.includes("detail"));
  return bases.length > 0 ? ` : public ${bases.join(", public ")}` : "";
}

/**
 * Removes the spaces that Doxygen adds to template arguments, and code that is only for the
 * compiler.
 *
 * @param {string} text
 */
function tidy(text) {
  return text
    .replace(/\[\[gnu::\w+\]\] ?/g, "")
    .replace(/\bhawser::(?=\w)/g, "")
    .replace(/(?<!<)< /g, "<")
    .replace(/ >(?! \d)/g, ">") // but not in a comparison
    .replace(/ ([&*]+) ?(?=[\w.)>,])/g, "$1 ")
    .replace(/([&*]) (?=[),>])/g, "$1")
    .replace(/(?<!operator|=|[<>!]) ?=(?![=(]) ?/g, " = ")
    .replace(/(concept \w+ =) +/, "$1 ")
    .replace(/^template</, "template <")
    .replace(/ +$/gm, "")
    .trimEnd();
}

/** @param {Node} node */
function docOf(node) {
  return ["briefdescription", "detaileddescription"].flatMap(
    (tag) => child(node, tag)?.children ?? [],
  );
}

/** @param {Node} node */
function locationOf(node) {
  const { file = "", line = "0" } = child(node, "location")?.attributes ?? {};
  return { header: file.replace(/^.*include\/hawser\//, ""), line: Number(line) };
}

/**
 * @param {string} full a qualified name, whose last part may have template arguments with :: in them
 */
function split(full) {
  const [, outer = "", name] = /^((?:\w+::)*)(.*)$/.exec(full.replace(/^hawser::/, "")) ?? [];
  const specialized = /^(.*<.*>)::(\w+)$/.exec(name);
  return specialized
    ? { within: `${outer}${specialized[1]}`, name: specialized[2] }
    : { within: outer.replace(/::$/, ""), name: tidy(name).replace(/<\s*/, "<") };
}

/** @param {string} within @param {string} name */
const join = (within, name) => (within ? `${within}::${name}` : name);

/** @param {Symbol} symbol */
function isPublic({ within, name, header }) {
  const isDetail =
    /(^|::)detail(::|$)/.test(join(within, name)) || name.startsWith("HAWSER_DETAIL");
  return (
    !isDetail && !header.startsWith("detail/") && !/^(std|emscripten)\b/.test(within) && name !== ""
  );
}

/** @param {Symbol} a @param {Symbol} b */
const inSource = (a, b) => (a.header === b.header ? a.line - b.line : a.header < b.header ? -1 : 1);

/**
 * Adds members to their classes. Returns the symbols outside of classes, by header.
 *
 * @param {Symbol[]} symbols in the order of the source
 */
function nest(symbols) {
  const classes = new Map(
    symbols
      .filter(({ kind }) => /class|struct/.test(kind))
      .map((one) => [join(one.within, one.name), one]),
  );
  /** @type {Map<string, Symbol[]>} */
  const headers = new Map();
  for (const symbol of symbols) {
    const owner = classes.get(symbol.within);
    if (owner && CUSTOMARY.test(owner.name)) continue;
    if (owner) owner.members.push(symbol);
    // A nested type is not public if its class is not, or is not defined in the headers.
    else if (!/[<A-Z]/.test(symbol.within))
      headers.set(symbol.header, [...(headers.get(symbol.header) ?? []), symbol]);
  }
  return headers;
}

// What must be documented

/** Names that only the language and its library use, not applications. */
const CUSTOMARY =
  /^(await_ready|await_suspend|await_resume|promise_type|value_type|difference_type|iterator_concept|begin|end|operator(=|==|<=>|\*|\+\+))$/;

/** Members of classes whose objects are created by the function that returns them. */
const RETURNED = ["await_resume", "iterator_concept", "begin"];

/**
 * Finds symbols without a docstring. Returns them as "header:line: name".
 *
 * @param {Map<string, Symbol[]>} headers
 */
export function undocumented(headers) {
  return [...headers.values()].flatMap(missingIn);
}

/**
 * @param {Symbol[]} symbols
 * @returns {string[]}
 */
function missingIn(symbols) {
  return shown(symbols).flatMap(([{ name, within, header, line, text, members }]) => {
    const own = isEmpty(text) ? [`${header}:${line}: ${join(within, name)}`] : [];
    return [...own, ...missingIn(members)];
  });
}

/**
 * The symbols for the reference, in groups that share a docstring. Leaves out symbols without a
 * docstring if they need none, because they are customary, deleted or defaulted.
 *
 * @param {Symbol[]} symbols of a header or a class
 */
function shown(symbols) {
  const isReturned = symbols.some(({ name }) => RETURNED.includes(name));
  return groups(symbols).filter(([symbol]) => {
    const { name, declaration, text } = symbol;
    const needsNone = CUSTOMARY.test(name) || / = (delete|default);$/.test(declaration);
    return !(isEmpty(text) && (needsNone || (isReturned && isConstructor(symbol))));
  });
}

/** @param {Node[]} text */
const isEmpty = (text) => text.map(textOf).join("").trim() === "";

/**
 * Groups symbols. A function or macro without a docstring shares the one before it, if that is an
 * overload or on the previous line. An assignment shares the docstring of the preceding
 * constructor.
 *
 * @param {Symbol[]} symbols in the order of the source
 */
function groups(symbols) {
  /** @type {[Symbol, ...Symbol[]][]} */
  const groups = [];
  for (const symbol of symbols) {
    const group = groups.at(-1);
    if (group && isEmpty(symbol.text) && sharesWith(symbol, /** @type {Symbol} */ (group.at(-1))))
      group.push(symbol);
    else groups.push([symbol]);
  }
  return groups;
}

/**
 * @param {Symbol} symbol
 * @param {Symbol} before
 */
function sharesWith(symbol, before) {
  const { kind, name, line } = symbol;
  if (kind !== before.kind || !["function", "define"].includes(kind)) return false;
  return (
    name === before.name ||
    line === before.line + 1 ||
    (name === "operator=" && isConstructor(before))
  );
}

/** @param {Symbol} symbol */
const isConstructor = ({ within, name }) => new RegExp(`(^|::)${name}(<|$)`).test(within);

// Pages

/**
 * Renders the pages as Markdown, by names such as "connection.md". Also returns the number and
 * docstring of each enumerator of Error, for the error catalogue, which is two folders above these
 * pages.
 *
 * @param {Map<string, Symbol[]>} headers
 * @param {string} include
 */
export function renderHeaders(headers, include) {
  /** @type {Map<string, Place>} */
  const places = new Map();
  for (const [header, symbols] of headers) findPlaces(symbols, pageOf(header), places, new Set());
  const names = fs
    .readdirSync(path.join(include, "hawser"), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll(path.sep, "/"))
    .filter((name) => name.endsWith(".hpp") && !name.startsWith("detail/"));
  /** @type {Map<string, string>} */
  const pages = new Map();
  for (const header of names.sort()) {
    const source = fs.readFileSync(path.join(include, "hawser", header), "utf8");
    const page = pageOf(header);
    const write = new Writer(page, places);
    const parts = [
      `# ${path.basename(header)}`,
      "```cpp\n#include <hawser/" + header + ">\n```",
      introduction(source),
      ...shown(headers.get(header) ?? []).flatMap((group) => write.symbol(group, 2)),
    ];
    pages.set(page, `${parts.filter(Boolean).join("\n\n")}\n`);
  }
  const { members = [] } = headers.get("error.hpp")?.find(({ name }) => name === "Error") ?? {};
  const plain = new Writer("", new Map());
  const errors = members.map(({ name, number = "", text }) => [
    name,
    { number, text: plain.text(text) },
  ]);
  return {
    pages,
    errors: new Map(/** @type {[string, { number: string, text: string }][]} */ (errors)),
  };
}

/** @param {string} header */
export const pageOf = (header) => header.replace("/", "-").replace(/\.hpp$/, ".md");

/**
 * The description of the whole header: its first comment that does not belong to a declaration.
 *
 * @param {string} source
 */
function introduction(source) {
  const [comment] = /^\/\/(?!\/).*\n(?:\/\/(?!\/).*\n)*(?=\n)/m.exec(
    source.split(/^namespace hawser/m)[0],
  ) ?? [""];
  const markdown = comment.replace(/^\/\/ ?/gm, "").trim();
  const fenced = markdown.replace(
    /(?:^ {4}.*\n?(?:\n(?= {4}))?)+/gm,
    (code) => `${fence(code.replace(/^ {4}/gm, ""))}\n`,
  );
  return escapeText(fenced);
}

/**
 * @param {Symbol[]} symbols
 * @param {string} page
 * @param {Map<string, Place>} places
 * @param {Set<string>} taken anchors of the page
 */
function findPlaces(symbols, page, places, taken) {
  for (const group of groups(symbols)) {
    const [{ within, name }] = group;
    const base = join(within, name)
      .replace(/<.*>/g, "")
      .replaceAll("::", "-")
      .replace(/~/g, "destructor-")
      .replace(/[^\w-]+/g, "_");
    let anchor = base;
    for (let count = 2; taken.has(anchor); ++count) anchor = `${base}-${count}`;
    taken.add(anchor);
    for (const { id } of group) places.set(id, { page, anchor });
    if (within === "Error") places.set(`Error::${name}`, { page, anchor });
    for (const { members } of group) findPlaces(members, page, places, taken);
  }
}

/** Renders symbols and their docstrings as Markdown. */
class Writer {
  #page;
  #places;

  /**
   * @param {string} page
   * @param {Map<string, Place>} places
   */
  constructor(page, places) {
    this.#page = page;
    this.#places = places;
  }

  /**
   * @param {Symbol[]} group that shares a docstring
   * @param {number} level of its heading
   * @returns {string[]}
   */
  symbol(group, level) {
    const [{ id, kind, name, within, text, members }] = group;
    const { anchor } = /** @type {Place} */ (this.#places.get(id));
    const title = level === 2 ? join(within, name) : name;
    const declarations = group.map(({ declaration }) => declaration).join("\n");
    const isError = kind === "enumvalue" && within === "Error";
    return [
      `${"#".repeat(level)} ${escapeText(title)} {#${anchor}}`,
      "```cpp\n" + declarations + "\n```",
      this.text(text),
      isError ? `[When it happens, and what to do](../../errors.md#${name}).` : "",
      ...shown(members).flatMap((one) => this.symbol(one, Math.min(level + 1, 6))),
    ];
  }

  /** @param {Node[]} nodes */
  text(nodes) {
    return nodes
      .map((node) => this.#block(node))
      .filter(Boolean)
      .join("\n\n");
  }

  /** @param {Node} node @returns {string} */
  #block(node) {
    switch (node.tag) {
      case "#text":
        return escapeText(node.text.trim());
      case "para":
        return this.#paragraph(node);
      case "simplesect":
      case "sect1":
      case "parblock":
        return this.text(node.children);
      default:
        return this.#inline(node);
    }
  }

  /**
   * Links the errors of a function, which docstrings list by name.
   *
   * @param {Node} para
   * @param {Node} node in it
   */
  #linkErrors(para, node) {
    if (node.tag !== "computeroutput" || !/\bErrors: /.test(textOf(para))) return undefined;
    const place = this.#places.get(`Error::${textOf(node)}`);
    return (
      place &&
      `[\`${textOf(node)}\`](${place.page === this.#page ? "" : place.page}#${place.anchor})`
    );
  }

  /** Doxygen puts lists and code inside of paragraphs. @param {Node} para */
  #paragraph(para) {
    /** @type {string[]} */
    const blocks = [""];
    for (const node of para.children) {
      const block = this.#blockInside(node);
      if (block === undefined)
        blocks[blocks.length - 1] += this.#linkErrors(para, node) ?? this.#inline(node);
      else blocks.push(block, "");
    }
    return blocks
      .map((block) => block.replace(/^ +| +$/g, "").replace(/^\n+|\n+$/g, ""))
      .filter((block) => block.trim())
      .join("\n\n");
  }

  /** @param {Node} node @returns {string | undefined} */
  #blockInside(node) {
    switch (node.tag) {
      case "programlisting":
        return fence(children(node, "codeline").map(codeOf).join("\n"));
      case "verbatim":
        return fence(textOf(node));
      case "itemizedlist":
      case "orderedlist":
        return children(node, "listitem")
          .map((item, index) => {
            const mark = node.tag === "itemizedlist" ? "- " : `${index + 1}. `;
            return mark + this.text(item.children).replaceAll("\n", `\n${" ".repeat(mark.length)}`);
          })
          .join("\n");
      case "simplesect":
        return this.text(node.children);
      default:
        return undefined;
    }
  }

  /** @param {Node} node @returns {string} */
  #inline(node) {
    const inner = () => node.children.map((one) => this.#inline(one)).join("");
    switch (node.tag) {
      case "#text":
        return escapeText(node.text);
      case "computeroutput": {
        const [only] = node.children;
        const code = `\`${textOf(node)}\``;
        return node.children.length === 1 && only.tag === "ref" ? this.#link(code, only) : code;
      }
      case "ref": // Doxygen links any word that is the name of a class
        return escapeText(textOf(node));
      case "bold":
        return `**${inner()}**`;
      case "emphasis":
        return `*${inner()}*`;
      case "ulink":
        return `[${inner()}](${node.attributes.url})`;
      case "linebreak":
        return "\n";
      default: {
        const character = CHARACTERS[/** @type {keyof typeof CHARACTERS} */ (node.tag)];
        if (character) return character;
        if (node.children.length > 0) return inner();
        throw new Error(
          `The reference can't show <${node.tag}>, which Doxygen made from a docstring.`,
        );
      }
    }
  }

  /** @param {string} text @param {Node} ref */
  #link(text, { attributes: { refid } }) {
    const place = this.#places.get(refid);
    if (!place) return text;
    return `[${text}](${place.page === this.#page ? "" : place.page}#${place.anchor})`;
  }
}

/** Renders the elements that Doxygen uses for special characters. */
const CHARACTERS = {
  ndash: "–",
  mdash: "—",
  nonbreakablespace: " ",
  zwj: "",
  sp: " ",
  anchor: "",
  lsquo: "‘",
  rsquo: "’",
};

/** @param {string} code */
const fence = (code) => "```cpp\n" + code.replace(/\n+$/, "") + "\n```";

/** Renders a line of code, in which spaces are elements. @param {Node} node @returns {string} */
function codeOf(node) {
  if (node.tag === "#text") return node.text;
  if (node.tag === "sp") return " ";
  return node.children.map(codeOf).join("");
}

/** Escapes text for Markdown. Code is not escaped. @param {string} text */
function escapeText(text) {
  return text
    .split(/(^```[^]*?^```$|`[^`]*`)/m)
    .map((part, index) =>
      index % 2
        ? part
        : part
            .replace(/[<>]/g, (char) => (char === "<" ? "&lt;" : "&gt;"))
            .replace(/\{\{/g, "{&#123;"),
    )
    .join("");
}

// XML

/** @param {string} xml */
function parse(xml) {
  return /** @type {any[]} */ (parser.parse(xml)).map(nodeOf);
}

/** @param {any} raw @returns {Node} */
function nodeOf(raw) {
  const { ":@": attributes = {}, ...rest } = raw;
  const [[tag, value]] = Object.entries(rest);
  if (tag === "#text") return { tag, attributes, children: [], text: String(value) };
  return { tag, attributes, children: /** @type {any[]} */ (value).map(nodeOf), text: "" };
}

/** @param {Node[]} nodes @param {string} tag @returns {Node | undefined} */
function find(nodes, tag) {
  for (const node of nodes) {
    if (node.tag === tag) return node;
    const found = find(node.children, tag);
    if (found) return found;
  }
  return undefined;
}

/** @param {Node} node @param {string} tag */
const children = (node, tag) => node.children.filter((one) => one.tag === tag);

/** @param {Node} node @param {string} tag */
const child = (node, tag) => node.children.find((one) => one.tag === tag);

/** @param {Node | undefined} node @returns {string} */
function textOf(node) {
  if (!node) return "";
  if (node.tag === "#text") return node.text;
  if (node.tag === "sp") return " ";
  return node.children.map(textOf).join("");
}
