onmessage = async ({ data: { module, list } }) => {
  try {
    const { run } = await import(module);
    const results = [];
    for (const options of list) results.push(await run(options));
    postMessage({ results });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
