import type { Ns } from '../event.ts';
import type { PerfBatch } from '../perf/batch.ts';
import { inAlready, type StraceCall } from '../strace/call.ts';
import type { CallNames } from './call-names.ts';
import { STRACE, timesUntil } from './events.ts';
import type { CorrelatorOptions } from './options.ts';
import type { QualityCounter } from './quality.ts';
import { NOT_BEGUN } from './results.ts';
import type { PerfCall, Thread, Window } from './thread.ts';
import type { Threads } from './threads.ts';
import type { ToldCalls } from './told-calls.ts';

/**
 * Finds to each call of strace the one of perf. A call of strace owns what perf sees of its thread from its stamp to the
 * next: the kernel's order is entry stop, strace's line, sys_enter, call, sys_exit, exit stop. Number, first argument and
 * result must agree, or the pair is refused and both are told apart.
 */
export class Pairing {
  readonly #options: CorrelatorOptions;
  readonly #threads: Threads;
  readonly #names: CallNames;
  readonly #told: ToldCalls;
  readonly #quality: QualityCounter;

  constructor(
    options: CorrelatorOptions,
    threads: Threads,
    names: CallNames,
    told: ToldCalls,
    quality: QualityCounter,
  ) {
    this.#options = options;
    this.#threads = threads;
    this.#names = names;
    this.#told = told;
    this.#quality = quality;
  }

  /** strace tells a call; `whole`: and how it ended. */
  begun(at: Ns, call: StraceCall, whole: boolean): void {
    const thread = this.#threads.of(call.tid);
    // strace keeps a name that it read before an exec: perf's own record of a name is better.
    if (call.comm !== undefined && !thread.namedByPerf && !isCut(call.comm, thread.comm))
      this.#threads.name(thread, call.comm, at, STRACE);
    // It makes another call: the one before has returned, and nobody told.
    this.#told.closeWindow(thread, at, undefined);
    this.#quality.straceSyscalls++;
    if (thread.unclaimed > 0) {
      const kind = !thread.straced ? 'beforeAttach' : this.#options.filtered ? 'filtered' : 'other';
      this.#quality.perfOnly[kind] += thread.unclaimed;
      thread.unclaimed = 0;
    }
    // Later ones strace has seen itself.
    if (call.resuming !== undefined && !thread.straced) call.args = inAlready(thread.wasIn, call.resuming);
    thread.straced = true;
    const window: Window = {
      call,
      at,
      ended: whole,
      enter: undefined,
      exit: undefined,
      refused: false,
      exec: undefined,
      returnedOnly: undefined,
      seen: false,
    };
    // Killed while strace was about to write it down.
    if (thread.notBegun !== undefined) this.#returnsOnly(window, thread.notBegun, NOT_BEGUN);
    thread.notBegun = undefined;
    thread.window = window;
    if (whole && !this.#options.hasPerf) this.#told.windowOver(thread, window, at);
  }

  /** strace tells how a call ended that it has told before. */
  ended(at: Ns, call: StraceCall): void {
    const thread = this.#threads.get(call.tid);
    const window = thread?.window?.call === call ? thread.window : undefined;
    // Its window may stand with another thread now, after an exec by another thread than the leader.
    const holder = window === undefined ? this.#holderOf(call) : thread;
    if (holder?.window === undefined) return;
    holder.window.ended = true;
    if (!this.#options.hasPerf || holder.window.exit !== undefined)
      this.#told.windowOver(holder, holder.window, at);
  }

  /** sys_enter. */
  enter(thread: Thread, at: Ns, batch: PerfBatch, row: number): void {
    const nr = batch.a[row]!;
    // perf has been seen to write the same records twice, when its buffers overflow.
    if (thread.enter?.at === at && thread.enter.nr === nr) return;
    thread.notBegun = undefined;
    // It has returned, and perf lost the moment.
    this.#told.closeEnter(thread, at, undefined);
    this.#quality.perfSyscalls++;
    thread.longestNs = 0;
    thread.longestStack = -1;
    thread.waker = undefined;
    const totals = thread.track.totals(at);
    const { window } = thread;
    let owner: Window | undefined;
    let refused: boolean = false;
    if (window !== undefined && window.enter === undefined && !window.refused) {
      if (this.#names.isCall(window.call, nr, batch.firstWord(row))) owner = window;
      else {
        this.#quality.wrongPairsRefused++;
        window.refused = true;
        refused = true;
      }
    }
    // What strace tells in words need not be told in numbers.
    const args = owner === undefined ? batch.args(row) : '';
    const call: PerfCall = {
      at,
      nr,
      args,
      totals,
      window: owner,
      early: false,
      width: this.#names.widthOf(thread.pid),
    };
    thread.enter = call;
    if (owner !== undefined) {
      owner.enter = call;
      this.#quality.residual.add(at - owner.at);
      // One that was refused counts once: as the call of strace that has no partner.
    } else if (this.#options.hasStrace && !refused) thread.unclaimed++;
    const name = this.#names.of(thread, call);
    if (args !== '' && (name === 'exit_group' || name === 'exit'))
      thread.exitStatus = Number.parseInt(args, 16) & 0xff;
  }

  /** sys_exit. */
  exit(thread: Thread, at: Ns, nr: number, returned: number): void {
    const { enter } = thread;
    // Without an enter: the child's side of a fork, a call that never began, or its enter was lost.
    if (enter === undefined) {
      const open = thread.window;
      const isOf = open !== undefined && open.enter === undefined && this.#returnsOnly(open, nr, returned);
      if (!isOf && returned === NOT_BEGUN) thread.notBegun = nr;
      return;
    }
    // A 32-bit program leaves its execve with the number of the new program's table; rt_sigreturn with that of no call, -1.
    const isExec = enter.nr !== nr && thread.window?.exec !== undefined;
    if (enter.nr !== nr && nr !== -1 && !isExec) return;
    thread.enter = undefined;
    const ended = timesUntil(thread, enter, at, returned, this.#options.scheduled);
    const { window } = enter;
    if (window === undefined) this.#told.perfReturned(thread, enter, ended);
    else {
      window.exit = ended;
      if (window.ended) this.#told.windowOver(thread, window, at);
    }
  }

  /** @returns false when it is another call. */
  #returnsOnly(window: Window, nr: number, returned: number): boolean {
    if (!this.#names.isCall(window.call, nr, undefined)) return false;
    window.returnedOnly = returned;
    window.seen = true;
    return true;
  }

  #holderOf(call: StraceCall): Thread | undefined {
    // Only ever asked for the rare call that changed its thread.
    for (const thread of this.#threads.values()) if (thread.window?.call === call) return thread;
    return undefined;
  }
}

/** Of a name with a newline in it strace tells what stands before that. */
function isCut(comm: string, known: string): boolean {
  return known.length > comm.length && known[comm.length] === '\n' && known.startsWith(comm);
}
