import { maskSignals, signalName } from '../../../procfs/signals.ts';

/** The last signal number. */
const LAST = 64;

const NUMBERS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: LAST }, (_, i) => [signalName(i + 1), i + 1] as const),
);

/**
 * The number of a signal as strace names it, with and without SIG: `SIGTERM`, `TERM`; `SIGRT_5` and `RT_5` count from 32 as
 * the kernel does, `SIGRTMIN` is 32 to it; or a bare number.
 */
export function signalNumber(name: string): number | undefined {
  const plain = name.replace(/^SIG/, '');
  if (/^(?:0x[\da-f]{1,4}|\d{1,3})$/i.test(plain)) {
    const n = Number(plain);
    return n >= 1 && n <= LAST ? n : undefined;
  }
  const real = /^(?:RTMIN|RT_(\d{1,2}))$/.exec(plain);
  if (real !== null) return 32 + Number(real[1] ?? 0);
  const aliases: Readonly<Record<string, string>> = { CLD: 'CHLD', POLL: 'IO', IOT: 'ABRT', UNUSED: 'SYS' };
  return NUMBERS.get(`SIG${aliases[plain] ?? plain}`);
}

/** The name as all reports have it: `SIGTERM`, `SIGRTMIN+3`; what is none as it is. */
export function plainSignal(name: string): string {
  const n = signalNumber(name);
  return n === undefined ? name : signalName(n);
}

/** `[HUP RT_5]`, `~[RTMIN RT_1]` (all but these): numbers; undefined for what is no set (an address, NULL). */
export function signalSet(text: string): ReadonlySet<number> | undefined {
  const [, not, inner] = /^(~?)\[([^\]]*)\]$/.exec(text.trim()) ?? [];
  if (inner === undefined) return undefined;
  const named = new Set(
    inner
      .split(/[\s,|]+/)
      .filter((word) => word !== '')
      .flatMap((word) => signalNumber(word) ?? []),
  );
  if (not === '') return named;
  return new Set(Array.from({ length: LAST }, (_, i) => i + 1).filter((n) => !named.has(n)));
}

/** A mask of /proc/PID/status: hexadecimal. */
export function maskSet(mask: string): ReadonlySet<number> {
  return new Set(/^[\da-f]{1,16}$/i.test(mask) ? maskSignals(BigInt(`0x${mask}`)) : []);
}
