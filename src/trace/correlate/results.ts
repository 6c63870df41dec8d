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
