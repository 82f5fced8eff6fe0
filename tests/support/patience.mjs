// How long tests wait before they give up, in milliseconds. These limits don't check speed: a busy
// machine takes twenty times as long as an idle one.

/** For a condition in a page. */
export const longestWait = 120_000;

/** For a program to end. Builds have their own limits. */
export const longestRun = 600_000;

/** For all tests of a file in one engine. */
export const longestSuite = 1_800_000;

/** For an answer of a browser that may be lost: it is asked again. */
export const longestAnswer = 10_000;
