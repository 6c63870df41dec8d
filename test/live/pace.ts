import { execa } from 'execa';

/** What a bare start of Node takes on a machine that has nothing else to do. */
const QUIET_MS = 60;
const STARTS = 3;

/**
 * How many times slower this machine is at this moment than one that has nothing else to do, and never less than 1: what
 * bounds the time of a run is a promise about procdiag, not about its neighbours. Takes some starts of Node: to be asked
 * only of a run that was slow.
 */
export async function pace(): Promise<number> {
  let longest = QUIET_MS;
  for (let nth = 0; nth < STARTS; nth++) {
    const begun = performance.now();
    await execa(process.execPath, ['-e', '0']);
    longest = Math.max(longest, performance.now() - begun);
  }
  return longest / QUIET_MS;
}
