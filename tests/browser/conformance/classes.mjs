// The classes, as this realm has them.

const native = globalThis.WebSocket;

/**
 * @param {"native" | "hawser" | "session"} kind
 * @returns {Promise<any>}
 */
export async function loadClass(kind) {
  if (kind === "native") return native;
  if (kind === "session") {
    const { load } = await import(/** @type {any} */ ("../../../js/session.js"));
    const { Session } = await load();
    // On a connection that is never lost: a connection that has ended is not reopened.
    /** @type {any} */
    const once = new Proxy(Session, {
      construct(target, args, newTarget) {
        const [url, protocols = []] = args;
        const given = args.length > 0 ? [url, protocols, { maxRetries: 0 }] : [];
        return Reflect.construct(target, given, newTarget === once ? target : newTarget);
      },
    });
    return once;
  }
  const { load } = await import(/** @type {any} */ ("../../../js/index.js"));
  return (await load()).WebSocket;
}
