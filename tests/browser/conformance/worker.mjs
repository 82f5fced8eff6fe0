import { run } from "./run.mjs";

onmessage = async ({ data }) => {
  try {
    postMessage({ results: await run(data) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
