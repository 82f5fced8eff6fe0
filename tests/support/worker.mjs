// Calls a function of a module in a worker, and posts its result.

onmessage = async ({ data: { module, name, args } }) => {
  const { [name]: call } = await import(module);
  postMessage(await call(...args));
};
