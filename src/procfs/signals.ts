/** signal(7), from 1: the same on x86-64 and arm64. */
const STANDARD =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );

const LAST = 64;
const SIGRTMIN = 34;

/** `SIGTERM`, `SIGRTMIN+2`; 32 and 33 belong to glibc; `signal N` for what is none. */
export function signalName(n: number): string {
  const standard = STANDARD[n - 1];
  if (standard !== undefined) return `SIG${standard}`;
  if (n === 32) return 'SIGCANCEL';
  if (n === 33) return 'SIGSETXID';
  if (n === SIGRTMIN) return 'SIGRTMIN';
  return n > SIGRTMIN && n <= LAST ? `SIGRTMIN+${n - SIGRTMIN}` : `signal ${n}`;
}

/** The numbers in a mask of /proc/PID/status, rising: bit n−1 is signal n. */
export function maskSignals(mask: bigint): number[] {
  const signals: number[] = [];
  const halves = [Number(mask & 0xffffffffn), Number((mask >> 32n) & 0xffffffffn)];
  for (const [at, half] of halves.entries())
    for (let bit = 0; half !== 0 && bit < 32; bit++) if ((half >>> bit) & 1) signals.push(at * 32 + bit + 1);
  return signals;
}
