/** Calls, threads and waits that `trace --json` has at the most; beyond these they are in the output files. */
export const MOST_IN_JSON = { calls: 100, threads: 200, waits: 50 } as const;
