// Calls a function of a module in a worker, and posts what it gives.

onmessage = async ({ data: { module, name, args } }) => {
  const { [name]: call } = await import(module);
  postMessage(await call(...args));
};
