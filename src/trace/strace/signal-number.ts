import { signalName } from '../../procfs/signals.ts';

const NUMBERS = new Map(Array.from({ length: 31 }, (_, index) => [signalName(index + 1), index + 1]));
/** The kernel's first real-time signal, which strace counts from: SIGRTMIN 32, SIGRT_1 33. */
const FIRST_REAL_TIME = 32;

/** The number of a signal as strace names it, on x86-64 and arm64; undefined for what is none. */
export function signalNumber(name: string): number | undefined {
  const standard = NUMBERS.get(name);
  if (standard !== undefined) return standard;
  if (name === 'SIGRTMIN') return FIRST_REAL_TIME;
  if (name === 'SIGRTMAX') return 64;
  const realTime = /^SIGRT_(\d{1,2})$/.exec(name)?.[1];
  return realTime === undefined ? undefined : FIRST_REAL_TIME + Number(realTime);
}
