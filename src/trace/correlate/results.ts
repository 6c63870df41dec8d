import { errnoNumber } from '../../procfs/errno.ts';
import type { StraceCall } from '../strace/call.ts';

/**
 * Whether strace's result and the kernel's return value (sys_exit: an error is its number, negative) are the same.
 * Undefined when they cannot be compared: strace shows none, or a name that no table has.
 */
export function sameResult(call: StraceCall, returned: number): boolean | undefined {
  if (call.state !== 'done') return undefined;
  if (call.errno !== undefined) {
    const number = errnoNumber(call.errno);
    return number === undefined ? undefined : returned === -number;
  }
  if (Number.isNaN(call.result)) return undefined;
  if (call.result === returned) return true;
  // Results of 32-bit calls, and unsigned ones: the same bits, read with and without a sign.
  return (
    call.result === returned + 2 ** 64 ||
    call.result === returned + 2 ** 32 ||
    call.result + 2 ** 32 === returned
  );
}

/** -ENOSYS: what stands in the register of the result until the call has begun. */
export const NOT_BEGUN = -38;

const ZERO = 48;
const NINE = 57;
const X = 120;
const COMMA = 44;
const LESS = 60;

/**
 * Whether the first argument that strace prints is the one that was in the register, as far as it is a plain number there:
 * a descriptor (`3`, `3</path>`), a process, a size, an address. The lower 32 bits are compared. Undefined when it is none.
 */
export function sameFirst(args: string, word: number): boolean | undefined {
  const first = args.charCodeAt(0);
  if (!(first >= ZERO && first <= NINE)) return undefined;
  const hex = first === ZERO && args.charCodeAt(1) === X;
  let at = hex ? 2 : 0;
  // umask(022)
  const base = hex ? 16 : first === ZERO ? 8 : 10;
  let value = 0;
  for (; at < args.length; at++) {
    const digit = digitOf(args.charCodeAt(at));
    if (digit < 0 || digit >= base) break;
    value = (Math.imul(value, base) + digit) >>> 0;
  }
  const next = args.charCodeAt(at);
  const ends = at === args.length || next === COMMA || next === LESS;
  return ends ? value === word >>> 0 : undefined;
}

function digitOf(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  // a to f
  return code >= 97 && code <= 102 ? code - 87 : -1;
}
