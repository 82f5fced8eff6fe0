// The module that npm users import as hawser/testing.

export { Browser } from "./testing/browser.js";
export { Failure } from "./testing/failure.js";
