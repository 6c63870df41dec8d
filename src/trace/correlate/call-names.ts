import type { StraceCall } from '../strace/call.ts';
import type { SyscallNaming } from './options.ts';
import { sameFirst } from './results.ts';
import type { PerfCall, Thread, Width } from './thread.ts';

/** strace's other names of system calls, by the kernel's. */
const OTHER: ReadonlyMap<string, string> = new Map([
  ['newfstatat', 'fstatat64'],
  ['pread64', 'pread'],
  ['pwrite64', 'pwrite'],
  ['umount2', 'umount'],
  ['sendfile', 'sendfile64'],
  ['newstat', 'stat'],
  ['newfstat', 'fstat'],
  ['newlstat', 'lstat'],
  ['newuname', 'uname'],
  ['fadvise64', 'posix_fadvise'],
]);

/** One name for a system call, however the kernel's table or a version of strace calls it: what two names are compared by. */
export function nameInStrace(name: string): string {
  return OTHER.get(name) ?? name;
}

/** The calls that make a thread or a process. */
export const SPAWNS = /^(?:fork|vfork|clone|clone3)$/;

/** Names of calls by their numbers on the recording host, and whether a call of strace is one of perf. */
export class CallNames {
  readonly #nameOf: SyscallNaming;
  /** Of processes that do not use the host's own table, as far as known. */
  readonly #widths = new Map<number, Width>();
  /** The recording tells what programs are. */
  #tellsWidths: boolean = false;

  constructor(syscallName: SyscallNaming) {
    this.#nameOf = syscallName;
  }

  /** A call of perf. */
  of({ pid }: Thread, { nr, width = this.widthOf(pid) }: Pick<PerfCall, 'nr' | 'width'>): string {
    const name = width === 'unknown' ? undefined : this.#nameOf(nr, width === 'narrow');
    return name ?? `syscall_0x${nr.toString(16)}`;
  }

  widthOf(pid: number): Width {
    return this.#widths.get(pid) ?? 'own';
  }

  /** perf tells where the vdso of a process lies. */
  mapped(pid: number, isNarrow: boolean): void {
    this.#tellsWidths = true;
    if (isNarrow) this.#widths.set(pid, 'narrow');
    else this.#widths.delete(pid);
  }

  /** It is another program now. */
  execed(pid: number): void {
    if (this.#tellsWidths) this.#widths.set(pid, 'unknown');
  }

  /** A number that is used again is that of another program. */
  forked(pid: number, parent: number): void {
    const width = this.#widths.get(parent);
    if (width === undefined) this.#widths.delete(pid);
    else this.#widths.set(pid, width);
  }

  /** The call that a thread is in, by perf's word; undefined outside of calls. */
  during(thread: Thread | undefined): string | undefined {
    const { enter } = thread ?? {};
    if (enter !== undefined) return enter.window?.call.name ?? this.of(thread!, enter);
    return undefined;
  }

  /** The call that it is in is told by strace, too. */
  isOfBoth(thread: Thread | undefined): boolean {
    return thread?.window?.enter !== undefined;
  }

  /** Whether what perf saw by number and first argument can be what strace tells. `firstWord` undefined: not known. */
  isCall(call: StraceCall, nr: number, firstWord: number | undefined): boolean {
    if (call.nr >= 0 && call.nr !== nr) return false;
    const name = this.#nameOf(nr);
    const same = name !== undefined && nameInStrace(name) === nameInStrace(call.name);
    // A call of another table (32-bit programs): strace may show arguments that are in no register (socketcall).
    if (!same) return call.nr >= 0 || name === undefined;
    return firstWord === undefined || sameFirst(call.args, firstWord) !== false;
  }
}

/** The same where perf tells no calls: strace's word counts. */
export class StraceNames extends CallNames {
  override during(thread: Thread | undefined): string | undefined {
    return super.during(thread) ?? thread?.window?.call.name;
  }

  override isOfBoth(thread: Thread | undefined): boolean {
    return thread?.window !== undefined;
  }
}
