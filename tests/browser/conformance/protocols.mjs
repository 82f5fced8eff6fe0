// WHATWG WebSockets §3.1 and RFC 6455 §4.1: which subprotocols the constructor accepts. A token is
// defined in RFC 2616 §2.2. Their effect on the handshake is in negotiation.mjs.

import * as assert from "../../support/page/assert.mjs";
import { once } from "./sockets.mjs";
import { test } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

const separators = [...'()<>@,;:\\"/[]?={} \t'];
const tokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz";

/**
 * @param {Context} context
 * @param {unknown} protocols
 * @returns {Promise<string[]>} the subprotocols that the server was offered
 */
async function offered({ WebSocket, server, track }, protocols) {
  const socket = track(new WebSocket(`${server}/request`, protocols));
  const { data } = await once(socket, "message");
  return JSON.parse(data).headers["sec-websocket-protocol"].split(", ");
}

/**
 * ws answers with the first of the subprotocols that a client offers.
 *
 * @param {string} name
 * @param {() => unknown} protocols
 * @param {string[]} expected
 */
function offers(name, protocols, expected) {
  return test(name, async (context) =>
    assert.deepEqual(await offered(context, protocols()), expected),
  );
}

/**
 * @param {string} name
 * @param {() => unknown} protocols
 */
function refuses(name, protocols) {
  return test(name, ({ WebSocket, server }) => {
    assert.throwsDOMException(() => new WebSocket(`${server}/echo`, protocols()), "SyntaxError");
  });
}

/**
 * @param {string} name
 * @param {() => unknown} protocols
 */
function throwsTypeErrorFor(name, protocols) {
  return test(name, ({ WebSocket, server }) => {
    assert.throwsTypeError(() => new WebSocket(`${server}/echo`, protocols()));
  });
}

function* generate() {
  yield "a";
  yield "b";
}

export default [
  offers("offers a string as one subprotocol", () => "chat", ["chat"]),
  offers("offers the strings of an array in their order", () => ["b", "c", "a"], ["b", "c", "a"]),
  offers("offers two that differ in case", () => ["chat", "Chat"], ["chat", "Chat"]),
  offers("offers every character of a token", () => tokenCharacters, [tokenCharacters]),
  offers("offers the elements of a Set", () => new Set(["a", "b", "a"]), ["a", "b"]),
  offers("offers what a generator yields", () => generate(), ["a", "b"]),
  offers("treats a String object as a sequence of characters", () => new String("ab"), ["a", "b"]),
  offers("offers null as the string null", () => null, ["null"]),
  offers("offers a number as a string", () => 13, ["13"]),
  offers("offers a boolean as a string", () => false, ["false"]),
  offers("converts elements to strings", () => [1, null, { toString: () => "x" }], [
    "1",
    "null",
    "x",
  ]),
  offers("offers a hole of an array as the string undefined", () => new Array(1), ["undefined"]),
  offers("offers an object without an iterator as its string", () => ({ toString: () => "chat" }), [
    "chat",
  ]),
  offers(
    "offers an object whose iterator is null as its string",
    () => ({ [Symbol.iterator]: null, toString: () => "chat" }),
    ["chat"],
  ),
  offers(
    "offers a function without an iterator as its string",
    () => Object.assign(() => {}, { toString: () => "f" }),
    ["f"],
  ),
  offers(
    "offers what an array-like object iterates over, not its indices",
    () => ({
      0: "x",
      length: 1,
      *[Symbol.iterator]() {
        yield "y";
      },
    }),
    ["y"],
  ),
  offers("offers a hundred", () => Array.from({ length: 100 }, (_, index) => `p${index}`), [
    ...Array.from({ length: 100 }, (_, index) => `p${index}`),
  ]),

  refuses("throws SyntaxError for an empty string", () => ""),
  refuses("throws SyntaxError for an empty string in an array", () => ["a", ""]),
  refuses("throws SyntaxError for a subprotocol given twice", () => ["a", "b", "a"]),
  refuses("throws SyntaxError for two that are the same as strings", () => [1, "1"]),
  refuses("throws SyntaxError for a String object with a character twice", () => new String("aa")),
  refuses("throws SyntaxError for an object without its own string conversion", () => ({})),
  refuses("throws SyntaxError for a nested array that is not a token", () => [["a", "b"]]),
  refuses("throws SyntaxError for a string with a comma, which is not a list", () => "a, b"),
  refuses("throws SyntaxError for a letter outside ASCII", () => "caf\u00e9"),
  refuses("throws SyntaxError for a fullwidth letter", () => "\uff41"),
  refuses("throws SyntaxError for a letter whose low byte is a token's", () => "\u0161"),
  refuses("throws SyntaxError for an emoji", () => "\u{1F600}"),
  refuses("throws SyntaxError for a lone surrogate", () => "a\ud800"),
  refuses("throws SyntaxError for a NUL", () => "a\0"),
  refuses("throws SyntaxError for DEL", () => "a\x7f"),
  refuses("throws SyntaxError for a line break", () => "a\r\nX-Header: b"),
  refuses("throws SyntaxError for a space before", () => " a"),
  refuses("throws SyntaxError for a no-break space", () => "a\u00a0"),
  ...separators.map((separator) =>
    refuses(
      `throws SyntaxError for the separator ${JSON.stringify(separator)}`,
      () => `a${separator}b`,
    ),
  ),

  throwsTypeErrorFor("throws TypeError for a symbol", () => Symbol("a")),
  throwsTypeErrorFor("throws TypeError for a symbol in an array", () => ["a", Symbol("b")]),
  throwsTypeErrorFor("throws TypeError for an object without a primitive value", () =>
    Object.create(null),
  ),
  throwsTypeErrorFor("throws TypeError when Symbol.iterator is not a function", () => ({
    [Symbol.iterator]: 1,
  })),
  throwsTypeErrorFor("throws TypeError when the iterator is not an object", () => ({
    [Symbol.iterator]: () => 1,
  })),
  throwsTypeErrorFor("throws TypeError when the iterator has no next", () => ({
    [Symbol.iterator]: () => ({}),
  })),
  throwsTypeErrorFor("throws TypeError when next returns no object", () => ({
    [Symbol.iterator]: () => ({ next: () => "a" }),
  })),

  test("rethrows the iterator's exception", ({ WebSocket, server }) => {
    const error = new RangeError("mine");
    const protocols = {
      *[Symbol.iterator]() {
        yield "a";
        throw error;
      },
    };
    assert.throwsExactly(() => new WebSocket(`${server}/echo`, protocols), error);
  }),

  test("rethrows the exception of a getter for Symbol.iterator", ({ WebSocket, server }) => {
    const error = new RangeError("mine");
    const protocols = {
      get [Symbol.iterator]() {
        throw error;
      },
    };
    assert.throwsExactly(() => new WebSocket(`${server}/echo`, protocols), error);
  }),

  test("converts each element before it asks for the next", ({ WebSocket, server, track }) => {
    /** @type {string[]} */
    const order = [];
    const protocols = {
      *[Symbol.iterator]() {
        for (const name of ["a", "b"]) {
          order.push(`next ${name}`);
          yield {
            toString() {
              order.push(`toString ${name}`);
              return name;
            },
          };
        }
        order.push("done");
      },
    };
    track(new WebSocket(`${server}/echo`, protocols));
    assert.deepEqual(order, ["next a", "toString a", "next b", "toString b", "done"]);
  }),

  test("converts all of them before it refuses the first", ({ WebSocket, server }) => {
    const error = new RangeError("mine");
    const throwing = {
      toString() {
        throw error;
      },
    };
    assert.throwsExactly(() => new WebSocket(`${server}/echo`, ["", throwing]), error);
  }),

  test("does not call return of the iterator when an element cannot be converted (Web IDL §3.2.21)", (context) => {
    const { WebSocket, server } = context;
    /** @type {string[]} */
    const calls = [];
    const protocols = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: Symbol("a") }),
        return: () => calls.push("return"),
      }),
    };
    assert.throwsTypeError(() => new WebSocket(`${server}/echo`, protocols));
    assert.deepEqual(calls, []);
  }),

  test("looks up next of the iterator once", ({ WebSocket, server, track }) => {
    let gets = 0;
    const values = ["a", "b"].values();
    const iterator = {
      get next() {
        gets++;
        return () => values.next();
      },
    };
    track(new WebSocket(`${server}/echo`, { [Symbol.iterator]: () => iterator }));
    assert.equal(gets, 1);
  }),

  test("asks for Symbol.iterator once", ({ WebSocket, server, track }) => {
    let gets = 0;
    const protocols = {
      get [Symbol.iterator]() {
        gets++;
        return () => ["a"].values();
      },
    };
    track(new WebSocket(`${server}/echo`, protocols));
    assert.equal(gets, 1);
  }),

  test("keeps the array's original elements, even if it changes", async ({
    WebSocket,
    server,
    track,
  }) => {
    const protocols = ["a"];
    const socket = track(new WebSocket(`${server}/request`, protocols));
    protocols[0] = "b";
    const { data } = await once(socket, "message");
    assert.equal(JSON.parse(data).headers["sec-websocket-protocol"], "a");
  }),
];
