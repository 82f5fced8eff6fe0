// The two classes, each as this realm has it.

const native = globalThis.WebSocket;

/**
 * @param {"native" | "hawser"} kind
 * @returns {Promise<any>}
 */
export async function loadClass(kind) {
  if (kind === "native") return native;
  const { load } = await import(/** @type {any} */ ("../../../js/index.js"));
  return (await load()).WebSocket;
}
