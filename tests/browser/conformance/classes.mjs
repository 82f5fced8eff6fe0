// The classes, each as this realm has it.

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
    // On a connection that is never lost: one that has ended is not made again.
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
