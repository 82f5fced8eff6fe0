// The endpoints of server.mjs that a Browser of hawser/testing can provide: those that send whole
// messages and close. Endpoints that write unusual frames need the real server.

/** @typedef {import("../../js/testing.js").Browser} Browser */
/** @typedef {import("../../js/testing.js").Peer} Peer */
/** @typedef {{ code: number, reason: string, messages: number }} End */

/** @param {Peer} peer */
const echoMessages = (peer) => peer.onMessage((data) => peer.send(data));

/** @param {URLSearchParams} query @returns {[code: number, reason: string]} */
const closeArguments = (query) => [Number(query.get("code") ?? 1005), query.get("reason") ?? ""];

/** @param {Browser} browser */
export function serve(browser) {
  /** @type {(path: string) => void} */
  let miss = () => {};
  /** The first path without an endpoint. @type {Promise<string>} */
  const missing = new Promise((resolve) => (miss = resolve));
  /** How the clients of /report ended, by their ids. @type {Map<string, End>} */
  const ends = new Map();

  /** @type {Record<string, (peer: Peer, query: URLSearchParams) => void>} */
  const endpoints = {
    "/echo"(peer, query) {
      peer.accept({ protocol: "", extensions: query.has("deflate") ? "permessage-deflate" : "" });
      echoMessages(peer);
    },
    "/close"(peer, query) {
      peer.accept({ protocol: "" });
      browserTask(() => peer.close(...closeArguments(query)));
    },
    "/close-after-message"(peer, query) {
      peer.accept({ protocol: "" });
      peer.onMessage(() => peer.close(...closeArguments(query)));
    },
    "/refuse": (peer) => peer.refuse(),
    "/protocol"(peer, query) {
      const chosen = query.get("choose") ?? "";
      const forced = query.get("force");
      peer.accept({ protocol: forced ?? (peer.protocols.includes(chosen) ? chosen : "") });
      echoMessages(peer);
    },
    "/request"(peer) {
      const { pathname, search } = new URL(peer.url);
      const offered = peer.protocols.length > 0 ? peer.protocols.join(", ") : undefined;
      peer.accept();
      echoMessages(peer);
      browserTask(() =>
        peer.send(
          JSON.stringify({
            url: pathname + search,
            headers: { "sec-websocket-protocol": offered },
          }),
        ),
      );
    },
    "/drop-after-message"(peer) {
      peer.accept({ protocol: "" });
      peer.onMessage(() => peer.cut());
    },
    "/no-answer": () => {},
    "/never-close"(peer) {
      peer.accept({ protocol: "" });
      peer.onClose(() => {});
    },
    "/report"(peer, query) {
      let messages = 0;
      peer.accept({ protocol: "" });
      peer.onMessage(() => messages++);
      peer.onClose((code, reason) => {
        ends.set(query.get("id") ?? "", { code, reason, messages });
        peer.answerClose();
      });
    },
  };

  /** In a separate task, like everything from the network. @param {() => void} task */
  const browserTask = (task) => void setTimeout(task, 0);

  browser.onConnection((peer) => {
    const { pathname, searchParams } = new URL(peer.url);
    const endpoint = endpoints[pathname];
    if (endpoint) return endpoint(peer, searchParams);
    miss(pathname);
    peer.refuse();
  });
  return { missing, ends };
}
