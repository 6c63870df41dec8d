import type { TraceEvent, TraceSink } from '../event.ts';

const ENDS = /^exit(?:_group)?$/;
const CLOSES = /^close(?:_range)?$/;
/** Without these no program begins: the loader maps it, and what has no loader takes memory or sets up its thread. */
const OF_MEMORY =
  /^(?:brk|mmap2?|old_mmap|munmap|mprotect|arch_prctl|set_tid_address|set_thread_area|set_tls)$/;
/** So few may be all that a program of some lines in assembly makes. */
const ENOUGH_CALLS = 10;
/** Of threads that close at the same time, one close may be told late. */
const ENOUGH_UNSEEN = 3;

/**
 * Whether a log of strace that others made has all calls: it does not say with which options (-e, -P, -z) it was written. What
 * every process does and the log does not show tells that it has some of them only; that it has all, nothing proves.
 */
export class MissingCalls implements TraceSink {
  #calls = 0;
  #ends: boolean = false;
  #closes: boolean = false;
  #memory: boolean = false;
  #execs = 0;
  #exits = 0;
  #births = 0;
  #beginsWithExec: boolean | undefined;
  #first = 0;
  #several: boolean = false;

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'syscall':
        this.#calls++;
        this.#ends ||= ENDS.test(event.name);
        this.#closes ||= CLOSES.test(event.name);
        this.#memory ||= OF_MEMORY.test(event.name);
        this.#beginsWithExec ??= event.name === 'execve' || event.name === 'execveat';
        if (this.#first === 0) this.#first = event.tid;
        else if (event.tid !== this.#first) this.#several = true;
        break;
      case 'exec':
        this.#execs++;
        break;
      case 'exit':
        if (event.status !== undefined) this.#exits++;
        break;
      case 'spawn':
        this.#births++;
    }
  }

  /**
   * What cannot be in a log of all calls, in words. Undefined: nothing.
   * @param unseenCloses descriptors whose numbers were given out again.
   */
  sign(unseenCloses: number): string | undefined {
    if (this.#exits > 0 && !this.#ends) return 'processes end in it without a call of exit_group';
    if (this.#execs > 0 && this.#exits > 0 && !this.#memory && this.#calls >= ENOUGH_CALLS)
      return 'programs run in it from begin to end without a call for memory';
    if (!this.#closes && unseenCloses >= ENOUGH_UNSEEN)
      return 'numbers of descriptors are given out again in it that no call has closed';
    if (this.#beginsWithExec === true && this.#several && this.#births === 0)
      return 'threads or processes come in it that no call has made';
    return undefined;
  }

  /** It shows what every program does beside what it is for, and no sign of the contrary. */
  looksWhole(unseenCloses: number): boolean {
    return this.#memory && this.#closes && this.sign(unseenCloses) === undefined;
  }
}

/** The sentence for the reader of a log that shows such a sign. */
export function missingCalls(sign: string): string {
  return `The log of strace seems to hold some of the calls only (${sign}), as strace -e, -P or -z writes it: what lies between them may be other calls, and the ledgers count what these show.`;
}
