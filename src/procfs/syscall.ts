import { decimal, hexBig, words } from './text.ts';

/** The registers of the six arguments, whether the call has so many or not. */
export type SyscallArguments = readonly [bigint, bigint, bigint, bigint, bigint, bigint];

/** /proc/PID/syscall, proc_pid_syscall(5), fs/proc/base.c. */
export type SyscallState =
  | { readonly kind: 'running' }
  /** Blocked outside of a system call: a page fault, mostly. */
  | { readonly kind: 'blocked-outside'; readonly sp: bigint; readonly pc: bigint }
  | { readonly kind: 'zombie' }
  /** In a system call; stopped, frozen and exiting tasks show their last. Pids in arguments are of the *target's* namespace. */
  | {
      readonly kind: 'in';
      readonly nr: number;
      readonly args: SyscallArguments;
      readonly sp: bigint;
      readonly pc: bigint;
    };

/** Undefined: cut, or no such file. */
export function parseSyscall(text: string): SyscallState | undefined {
  const line = text.trimEnd();
  if (line === 'running') return { kind: 'running' };
  const [first, ...rest] = words(line);
  const nr = decimal(first);
  const numbers = rest.map(hexBig);
  if (nr === undefined || numbers.includes(undefined)) return undefined;
  const values = numbers as bigint[];
  if (nr === -1 && values.length === 2) {
    const [sp, pc] = values as [bigint, bigint];
    return sp === 0n && pc === 0n ? { kind: 'zombie' } : { kind: 'blocked-outside', sp, pc };
  }
  if (values.length !== 8) return undefined;
  const [a, b, c, d, e, f, sp, pc] = values as [...SyscallArguments, bigint, bigint];
  return { kind: 'in', nr, args: [a, b, c, d, e, f], sp, pc };
}
