// How long tests wait for what may never come, in milliseconds. None of these judges speed: a machine with much else to do
// takes twenty times as long as an idle one.

/** For one thing to be so in a page. */
export const longestWait = 120_000;

/** For a program to end. What is built has limits of its own. */
export const longestRun = 600_000;

/** For all that a file tests in one engine. */
export const longestSuite = 1_800_000;
