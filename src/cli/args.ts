import { custom as customArg } from '@oclif/core/args';
import { custom as customFlag } from '@oclif/core/flags';
import { USAGE, UserError } from './errors.ts';

/** The kernel's upper limit of pid_max (proc(5), /proc/sys/kernel/pid_max). */
const MOST_PIDS = 4_194_304;

/** A process id, or a thread's. oclif's own integer argument would exit with 1 for a bad one. */
export const pid = customArg<number>({
  // Else oclif takes what is piped into procdiag for the missing argument.
  ignoreStdin: true,
  parse: (text) => Promise.resolve(wholeNumber(text, 1, MOST_PIDS, 'a process id')),
});

/** The same where a command could stand in its place. */
export const pidOrCommand = customArg<number>({
  ignoreStdin: true,
  parse: (text) => {
    if (/^[a-z./]/i.test(text))
      throw new UserError(USAGE, `not a process id: ${shown(text)} (a command goes behind --)`);
    return Promise.resolve(wholeNumber(text, 1, MOST_PIDS, 'a process id'));
  },
});

/** A whole number within limits. */
export const count = customFlag<number, { min: number; max: number }>({
  parse: (text, _context, { name, min, max }) =>
    Promise.resolve(wholeNumber(text, min, max, `a value for --${name}`)),
});

/** Seconds, with decimals if wanted. */
export const seconds = customFlag<number, { min: number; max: number }>({
  parse: (text, _context, { name, min, max }) => {
    const value = /^(?:\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return Promise.resolve(value);
    throw new UserError(USAGE, `not a value for --${name}: ${shown(text)} (${min} to ${max} seconds)`);
  },
});

/** Nanoseconds, exact: those since 1970 are beyond what a number holds. */
export const nanoseconds = customFlag<bigint>({
  parse: (text, _context, { name }) => {
    if (/^-?\d{1,19}$/.test(text)) return Promise.resolve(BigInt(text));
    throw new UserError(USAGE, `not a value for --${name}: ${shown(text)} (a number of nanoseconds)`);
  },
});

/** A stretch of time in seconds: `1.5-3`. */
export const span = customFlag<{ readonly from: number; readonly to: number }>({
  parse: (text, _context, { name }) => {
    const [, from, to] = /^(\d{1,9}(?:\.\d{1,9})?)-(\d{1,9}(?:\.\d{1,9})?)$/.exec(text) ?? [];
    const value = { from: Number(from), to: Number(to) };
    if (value.from < value.to) return Promise.resolve(value);
    throw new UserError(USAGE, `not a value for --${name}: ${shown(text)} (seconds, as in 1.5-3)`);
  },
});

function wholeNumber(text: string, min: number, max: number, what: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UserError(USAGE, `not ${what}: ${shown(text)} (a number from ${min} to ${max})`);
}

/** What was typed, safe to print: it may come from a script that pasted anything. */
function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
