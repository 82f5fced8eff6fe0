import { run } from "./run.mjs";

onmessage = async ({ data }) => {
  try {
    const results = [];
    for (const which of data) results.push(await run(which));
    postMessage({ results });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
