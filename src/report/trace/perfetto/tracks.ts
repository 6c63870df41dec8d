/** Above every number of a task: PID_MAX_LIMIT of include/linux/threads.h is 2^22. */
const STATES = 10_000_000;
const GAPS = 20_000_000;

/** The process that gaps of the whole recording stand under: no real one can have its number. */
export const RECORDING_PID = 30_000_000;

const MOST = 4_194_304;

/** Slices of a track must nest, and states cross calls: so a thread's states have a track of their own. */
export function stateTrack(tid: number): number {
  return STATES + tid;
}

export function gapTrack(tid: number): number {
  return GAPS + tid;
}

/** The format wants unsigned 32-bit numbers; a task's fits into less. */
export function isTask(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= MOST;
}
