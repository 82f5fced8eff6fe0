import { run } from "./run.mjs";

onmessage = async ({ data }) => {
  const results = [];
  for (const which of data) results.push(await run(which));
  postMessage(results);
};
