/** How processes are looked at unless flags say otherwise: `capture` reads what `inspect` would. */

/** For how long a wait that may be ordinary is watched: less takes a slow disk for a dead one. */
export const SAMPLE_MS = 300;

/** Processes that a blame chain is followed over. */
export const DEPTH = 16;

/** Seconds after which an answer is given with what is known. */
export const TIMEOUT_SECONDS = 2;
