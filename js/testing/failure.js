// The error of a failed expectation, and words for describing messages in it.

/** A failed expectation. Every test runner shows its message. */
export class Failure extends Error {
  name = "Failure";
}

const mostShown = 200; // characters or bytes

/** @param {string} text */
function quote(text) {
  if (text.length <= mostShown) return `"${text}"`;
  return `"${text.slice(0, mostShown)}\u2026" (${text.length} characters)`;
}

/** @param {string | Uint8Array} data */
export function describeMessage(data) {
  if (typeof data === "string") return `the text ${quote(data)}`;
  const count = data.length === 1 ? "1 byte" : `${data.length} bytes`;
  if (data.length === 0) return count;
  const shown = Array.from(data.subarray(0, mostShown), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return `${count} (${shown.join(" ")}${data.length > mostShown ? " \u2026" : ""})`;
}

/** @param {{ code: number, reason: string }} frame */
export function describeClose({ code, reason }) {
  const words = code === 1005 ? "without a code" : `with code ${code}`;
  return reason === "" ? words : `${words} and the reason ${quote(reason)}`;
}
