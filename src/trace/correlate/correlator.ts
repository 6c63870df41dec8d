import type { Ns, Source, SyscallEvent, TraceSink, Waker } from '../event.ts';
import { PERF, type PerfBatch, type PerfSource } from '../perf/batch.ts';
import type { StraceCall, StraceExit, StraceSignal } from '../strace/call.ts';
import { nameInStrace } from './call-names.ts';
import {
  BOTH,
  callEvent,
  execEvent,
  exitEvent,
  PERF_ONLY,
  perfCallEvent,
  STRACE,
  signalEvent,
  stateEvent,
  timesUntil,
} from './events.ts';
import { type Asleep, verdictOf } from './first-sleep.ts';
import { type CorrelationQuality, type Loss, QualityCounter } from './quality.ts';
import { sameFirst, sameResult } from './results.ts';
import { type FinishedState, SchedulerTrack, type StateTotals } from './scheduler.ts';
import type { StraceTaker } from './strace-cursor.ts';
import { ASLEEP_STACK, type PerfCall, type Thread, type Window } from './thread.ts';
import { isInterrupt, wakeKind } from './wakers.ts';

export interface CorrelatorOptions {
  readonly sink: TraceSink;
  /** Name of a system call on the recording host; undefined for numbers that no table has. */
  readonly syscallName: (nr: number) => string | undefined;
  readonly hasStrace: boolean;
  readonly hasPerf: boolean;
  /** When perf began and stopped to record; undefined for recordings that do not tell. */
  readonly perfWindow?: { readonly from: Ns; readonly to: Ns };
  /** Threads that perf is known to have missed. */
  readonly blind: ReadonlySet<number>;
  /** perf told who got and left the CPU. */
  readonly scheduled: boolean;
  /** The last moment of the recording, where it is known. */
  readonly endNs?: Ns;
  /** strace was told to show some calls only. */
  readonly filtered: boolean;
}

const SPAWNS = /^(?:fork|vfork|clone|clone3)$/;
/** Names of other processes that are kept, to name who woke whom. */
const MOST_NAMES = 50_000;

/**
 * Puts the calls of strace and the events of perf together, thread by thread, as they come in the order of their times
 * (see merge.ts), and gives every event once to the sink.
 *
 * A call of strace owns what perf sees of its thread from its stamp to the next: the kernel's order is entry stop, strace's
 * line, sys_enter, call, sys_exit, exit stop. Number, first argument and result must agree, or the pair is refused and both
 * are told apart.
 */
export class Correlator implements StraceTaker {
  readonly quality = new QualityCounter();
  readonly #options: CorrelatorOptions;
  readonly #sink: TraceSink;
  readonly #threads = new Map<number, Thread>();
  readonly #names = new Map<number, string>();
  /** Threads whose names perf itself has told: strace's may be those of before their exec. */
  readonly #namedByPerf = new Set<number>();
  /** The last child that died, by the number of its parent: strace sends the parent's wake-up in its place. */
  readonly #lastExit = new Map<number, { readonly pid: number; readonly comm: string }>();
  readonly #parents = new Map<number, number>();
  /** Threads whose first sleep is not known yet. */
  #firstSleeps = 0;
  #now: Ns = 0;

  constructor(options: CorrelatorOptions) {
    this.#options = options;
    this.#sink = options.sink;
  }

  /** A thread that was there before the recording began. */
  introduce(task: { pid: number; tid: number; ppid: number; comm: string; asleep?: Asleep }): void {
    const thread = this.#thread(task.tid, task.pid);
    if (task.asleep !== undefined && this.#options.hasPerf && !this.#options.blind.has(task.tid)) {
      thread.firstSleep = { told: task.asleep, woken: undefined, ran: undefined };
      this.#firstSleeps++;
    }
    this.#name(thread, task.comm, 0, []);
    if (task.pid === task.tid) this.#parents.set(task.pid, task.ppid);
  }

  /** Closes what is still open; nothing may come after it. */
  finish(): void {
    const { perfWindow, endNs } = this.#options;
    this.#now = Math.max(this.#now, perfWindow?.to ?? this.#now, endNs ?? this.#now);
    for (const thread of this.#threads.values()) this.#leave(thread, this.#now);
  }

  /** Nothing more will be told of it. */
  #leave(thread: Thread, at: Ns): void {
    this.quality.perfOnly[thread.straced ? 'afterDetach' : 'notAttached'] += thread.unclaimed;
    // Not one event: it slept all the time.
    this.#slept(thread, at);
    thread.track.ends(at);
    this.#closeWindow(thread, at, 'end-of-trace');
    this.#closeEnter(thread, at, 'end-of-trace');
    if (thread.perfExit !== undefined) this.#sink.event(exitEvent(thread, undefined, thread.perfExit.at));
    this.#threads.delete(thread.tid);
    this.#namedByPerf.delete(thread.tid);
  }

  // strace

  begun(at: Ns, call: StraceCall, whole: boolean): void {
    this.#now = at;
    const thread = this.#thread(call.tid);
    // strace keeps a name that it read before an exec: perf's own record of a name is better.
    if (call.comm !== undefined && !this.#namedByPerf.has(call.tid))
      this.#name(thread, call.comm, at, STRACE);
    this.#closeWindow(thread, at);
    this.quality.straceSyscalls++;
    if (thread.unclaimed > 0) {
      const kind = !thread.straced ? 'beforeAttach' : this.#options.filtered ? 'filtered' : 'other';
      this.quality.perfOnly[kind] += thread.unclaimed;
      thread.unclaimed = 0;
    }
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
    thread.window = window;
    if (whole && !this.#options.hasPerf) this.#finishWindow(thread, window, at);
  }

  ended(at: Ns, call: StraceCall): void {
    this.#now = at;
    const thread = this.#threads.get(call.tid);
    const window = thread?.window?.call === call ? thread.window : undefined;
    // Its window may stand with another thread now, after an exec by another thread than the leader.
    const holder = window === undefined ? this.#holderOf(call) : thread;
    if (holder?.window === undefined) return;
    holder.window.ended = true;
    if (!this.#options.hasPerf || holder.window.exit !== undefined)
      this.#finishWindow(holder, holder.window, at);
  }

  signal(at: Ns, signal: StraceSignal): void {
    this.#now = at;
    const thread = this.#thread(signal.tid);
    this.#attached(thread);
    this.#sink.event(signalEvent(thread, signal, at));
  }

  exit(at: Ns, exit: StraceExit): void {
    this.#now = at;
    const thread = this.#thread(exit.tid);
    this.#attached(thread);
    if (exit.supersededBy !== undefined) {
      // perf may have told the same already.
      if (this.#threads.has(exit.supersededBy)) this.#takeOver(exit.supersededBy, exit.tid, at);
      return;
    }
    this.#closeWindow(thread, at);
    this.#sink.event(exitEvent(thread, exit, at));
    thread.perfExit = undefined;
    thread.straceDone = true;
    this.#forgetIfDone(thread);
  }

  /** strace tells something of it: what came before its first word it was not there for. */
  #attached(thread: Thread): void {
    if (thread.straced) return;
    thread.straced = true;
    this.quality.perfOnly.beforeAttach += thread.unclaimed;
    thread.unclaimed = 0;
  }

  // perf

  /** A row of the recorder that follows the tree. */
  treeRow(batch: PerfBatch, row: number, source: PerfSource): void {
    const at = batch.at[row]!;
    this.#now = at;
    const pid = batch.pid[row]!;
    const tid = batch.tid[row]!;
    if (this.#firstSleeps > 0 && this.#firstRow(batch, row, source)) return;
    switch (batch.kind[row]) {
      case PERF.enter:
        this.#enter(this.#running(tid, pid, at), at, batch, row);
        break;
      case PERF.exit:
        this.#exit(this.#running(tid, pid, at), at, batch.a[row]!, batch.b[row]!);
        break;
      case PERF.switch:
        this.#switch(tid, pid, at, batch.a[row]!, batch.stack[row]!, source);
        break;
      case PERF.in: {
        if (tid <= 0) break;
        const thread = this.#thread(tid, pid);
        if (!thread.perfDone) thread.track.runs(at);
        break;
      }
      case PERF.out:
        this.#threads.get(tid)?.track.leavesUntold(at, batch.a[row] === 1);
        break;
      case PERF.fork:
        this.#fork(at, pid, tid, batch.a[row]!, batch.b[row]!);
        break;
      case PERF.comm:
        if (tid > 0) this.#called(this.#thread(tid, pid), at, batch, row, source);
        break;
      case PERF.schedExec:
        this.#exec(at, batch.a[row]!, batch.b[row]!, source.text(batch.text[row]!));
        break;
      case PERF.schedExit:
        this.#dies(at, batch.a[row]!, batch.b[row]!);
        break;
      case PERF.taskExit:
        // 5.10, 6.1 and 6.12 as they are since 2025 let perf go of a thread before sched_process_exit, which then is in no recording.
        if (this.#threads.get(tid)?.perfDone === false) this.#dies(at, tid, -1);
        break;
      case PERF.waking:
        this.#waking(at, batch, row, source);
        break;
      case PERF.lost:
        this.#lost(at, batch.a[row]!, batch.b[row]!);
        break;
    }
  }

  /** A row of the recorder that sees the whole host: only wake-ups count, the rest is told by the other one. */
  hostRow(batch: PerfBatch, row: number, source: PerfSource): void {
    this.#now = batch.at[row]!;
    if (batch.kind[row] === PERF.waking) this.#waking(this.#now, batch, row, source);
  }

  result(clock: { offsetNs?: bigint; errorNs?: number }): CorrelationQuality {
    return this.quality.finish(clock);
  }

  /** A row of a thread whose first sleep is not known yet. @returns true when nothing else is to be done with it. */
  #firstRow(batch: PerfBatch, row: number, source: PerfSource): boolean {
    const thread = this.#threads.get(batch.tid[row]!);
    const sleep = thread?.firstSleep;
    if (thread === undefined || sleep === undefined) return false;
    if (batch.kind[row] === PERF.in) {
      sleep.ran ??= batch.at[row]!;
      return true;
    }
    const verdict = verdictOf(sleep, batch, row, source, this.#restarted(thread)?.call.nr);
    if (verdict === 'slept') this.#slept(thread, batch.at[row]!);
    else if (verdict === 'awake') this.#wasAwake(thread);
    return false;
  }

  /** The call that the kernel has begun in the place of the one that strace's attaching has broken off. */
  #restarted({ window }: Thread): Window | undefined {
    return window?.enter === undefined && window?.call.name === 'restart_syscall' && window.call.nr >= 0
      ? window
      : undefined;
  }

  /** It was not in that call any more when perf began. */
  #wasAwake(thread: Thread): void {
    const ran = thread.firstSleep?.ran;
    thread.firstSleep = undefined;
    this.#firstSleeps--;
    if (ran !== undefined && !thread.perfDone) thread.track.runs(ran);
  }

  /** Its sleep at the begin lasted until it ran first, `at` the latest. */
  #slept(thread: Thread, at: Ns): void {
    const sleep = thread.firstSleep;
    if (sleep === undefined) return;
    const from = this.#options.perfWindow?.from ?? 0;
    // It ended while the recorders were switched on.
    if ((sleep.ran ?? at) <= from) {
      this.#wasAwake(thread);
      return;
    }
    thread.firstSleep = undefined;
    this.#firstSleeps--;
    const { told, woken, ran } = sleep;
    thread.firstStack = told.stack;
    thread.perfed = true;
    // What strace told after the begin would have its own enter.
    const open =
      thread.window !== undefined && thread.window.enter === undefined && thread.window.at <= from
        ? thread.window
        : undefined;
    const nr = this.#restarted(thread)?.call.nr ?? told.nr;
    // A call that strace tells under yet another name is told once.
    if (nr !== undefined && (open === undefined || nr === open.call.nr)) {
      const { args = '' } = told;
      thread.enter = { at: from, nr, args, totals: [0, 0, 0, 0, 0], window: open, early: true };
      if (open !== undefined) open.enter = thread.enter;
    }
    thread.track.sleeps(from, told.state, told.stack === undefined ? -1 : ASLEEP_STACK);
    if (woken !== undefined) thread.track.woken(woken.at, woken.waker);
    if (ran !== undefined) thread.track.runs(ran);
  }

  #thread(tid: number, pid?: number): Thread {
    let thread = this.#threads.get(tid);
    if (thread === undefined) {
      const made: Thread = {
        pid: pid ?? tid,
        tid,
        comm: '',
        track: new SchedulerTrack(
          (state) => this.#emitState(made, state),
          (waker) => {
            made.waker = waker;
          },
        ),
        firstSleep: undefined,
        firstStack: undefined,
        stacks: undefined,
        window: undefined,
        enter: undefined,
        waker: undefined,
        perfExit: undefined,
        exitStatus: undefined,
        longestNs: 0,
        longestStack: -1,
        straced: false,
        unclaimed: 0,
        perfed: false,
        straceDone: false,
        perfDone: false,
      };
      thread = made;
      this.#threads.set(tid, thread);
    } else if (pid !== undefined && pid > 0) thread.pid = pid;
    return thread;
  }

  #running(tid: number, pid: number, at: Ns): Thread {
    const thread = this.#thread(tid, pid);
    thread.perfed = true;
    if (!thread.perfDone) thread.track.runs(at);
    return thread;
  }

  /** A record of a name: one that perf found at its start may stand in the file behind newer ones. */
  #called(thread: Thread, at: Ns, batch: PerfBatch, row: number, source: PerfSource): void {
    const found = batch.b[row] === 1;
    if (found && thread.comm !== '') return;
    if (!found) this.#namedByPerf.add(thread.tid);
    this.#name(thread, source.text(batch.text[row]!), at, PERF_ONLY);
  }

  #name(thread: Thread, comm: string, at: Ns, sources: readonly Source[]): void {
    if (thread.comm === comm || comm === '') return;
    thread.comm = comm;
    this.#sink.event({ type: 'comm', pid: thread.pid, tid: thread.tid, startNs: at, sources, comm });
  }

  #enter(thread: Thread, at: Ns, batch: PerfBatch, row: number): void {
    const nr = batch.a[row]!;
    // perf has been seen to write the same records twice, when its buffers overflow.
    if (thread.enter?.at === at && thread.enter.nr === nr) return;
    // It has returned, and perf lost the moment.
    this.#closeEnter(thread, at, undefined);
    this.quality.perfSyscalls++;
    thread.longestNs = 0;
    thread.longestStack = -1;
    thread.waker = undefined;
    const totals = thread.track.totals(at);
    const { window } = thread;
    let owner: Window | undefined;
    if (window !== undefined && window.enter === undefined && !window.refused) {
      if (this.#isCall(window.call, nr, batch.firstWord(row))) owner = window;
      else {
        this.quality.wrongPairsRefused++;
        window.refused = true;
      }
    }
    // What strace tells in words need not be told in numbers.
    const args = owner === undefined ? batch.args(row) : '';
    const call: PerfCall = { at, nr, args, totals, window: owner, early: false };
    thread.enter = call;
    if (owner !== undefined) {
      owner.enter = call;
      this.quality.residual.add(at - owner.at);
    } else if (this.#options.hasStrace) thread.unclaimed++;
    const name = this.#options.syscallName(nr);
    if (args !== '' && (name === 'exit_group' || name === 'exit'))
      thread.exitStatus = Number.parseInt(args, 16) & 0xff;
  }

  #isCall(call: StraceCall, nr: number, firstWord: number | undefined): boolean {
    if (call.nr >= 0 && call.nr !== nr) return false;
    const name = this.#options.syscallName(nr);
    const same = name !== undefined && nameInStrace(name) === nameInStrace(call.name);
    // A call of another table (32-bit programs): strace may show arguments that are in no register (socketcall).
    if (!same) return call.nr >= 0 || name === undefined;
    return firstWord === undefined || sameFirst(call.args, firstWord) !== false;
  }

  #exit(thread: Thread, at: Ns, nr: number, returned: number): void {
    const { enter } = thread;
    // Without an enter: the child's side of a fork, a call that never began, or its enter was lost.
    if (enter === undefined) {
      const open = thread.window;
      if (open !== undefined && open.enter === undefined && this.#isCall(open.call, nr, undefined)) {
        open.returnedOnly = returned;
        open.seen = true;
      }
      return;
    }
    // A 32-bit program leaves its execve with the number of the new program's table; rt_sigreturn with that of no call, -1.
    const isExec = enter.nr !== nr && thread.window?.exec !== undefined;
    if (enter.nr !== nr && nr !== -1 && !isExec) return;
    thread.enter = undefined;
    const ended = timesUntil(thread, enter, at, returned, this.#options.scheduled);
    const { window } = enter;
    if (window === undefined) this.#sink.event(perfCallEvent(thread, this.#nameOf(enter.nr), enter, ended));
    else {
      window.exit = ended;
      if (window.ended) this.#finishWindow(thread, window, at);
    }
  }

  #switch(tid: number, pid: number, at: Ns, previous: number, stack: number, source: PerfSource): void {
    if (tid <= 0) return;
    const dead = (previous & 0x30) !== 0;
    const thread = dead ? this.#threads.get(tid) : this.#thread(tid, pid);
    if (thread === undefined || thread.perfDone) return;
    const inTracerStop = stack >= 0 && isTracerStop(source.stack(stack));
    thread.track.leaves(at, previous, stack, inTracerStop);
    thread.stacks = source;
    // Between strace's line and the enter a thread is held and preempted, but never sleeps.
    if (thread.window?.enter === undefined && thread.window !== undefined && thread.track.state === 'blocked')
      thread.window.seen = true;
  }

  #waking(at: Ns, batch: PerfBatch, row: number, source: PerfSource): void {
    const target = batch.a[row]!;
    const thread = this.#threads.get(target);
    if (thread === undefined) {
      if (batch.text[row]! >= 0 && (this.#names.size < MOST_NAMES || this.#names.has(target)))
        this.#names.set(target, source.text(batch.text[row]!));
      return;
    }
    if (thread.track.state === 'ptrace') return;
    const stack = batch.stack[row]! < 0 ? [] : source.stack(batch.stack[row]!);
    const waker = this.#wakerOf(thread, batch.pid[row]!, batch.tid[row]!, stack);
    if (thread.firstSleep !== undefined) this.#firstWake(thread, at, waker);
    else thread.track.woken(at, waker);
  }

  /** The tracer wakes to hold, and to let go on: neither ends a sleep for good. */
  #firstWake(thread: Thread, at: Ns, waker: Waker): void {
    if (waker.how === 'ptrace' || thread.firstSleep === undefined) return;
    if (at <= (this.#options.perfWindow?.from ?? 0)) this.#wasAwake(thread);
    else thread.firstSleep.woken ??= { at, waker };
  }

  #wakerOf(woken: Thread, pid: number, tid: number, stack: readonly string[]): Waker {
    const how = wakeKind(stack);
    const comm = this.#threads.get(tid)?.comm ?? this.#names.get(tid) ?? (tid === 0 ? 'swapper' : '');
    // The tracer reaps the child first, and its wait wakes the parent: the child's exit is what happened.
    if (
      how === 'child-exit' &&
      stack.some((frame) => /^(?:wait_consider_task|do_wait|__do_wait)/.test(frame))
    ) {
      const child = this.#lastExit.get(woken.pid);
      if (child !== undefined) return { pid: child.pid, tid: child.pid, comm: child.comm, how };
    }
    const during = isInterrupt(stack) ? undefined : this.#callOf(this.#threads.get(tid));
    return { pid, tid, comm, how, ...(during === undefined ? {} : { during }) };
  }

  #callOf(thread: Thread | undefined): string | undefined {
    const { enter } = thread ?? {};
    if (enter !== undefined) return enter.window?.call.name ?? this.#nameOf(enter.nr);
    return undefined;
  }

  #nameOf(nr: number): string {
    return this.#options.syscallName(nr) ?? `syscall_0x${nr.toString(16)}`;
  }

  #fork(at: Ns, pid: number, tid: number, parentPid: number, parentTid: number): void {
    if (tid <= 0) return;
    const parent = this.#threads.get(parentTid);
    const dead = this.#threads.get(tid);
    // The number is used again: of the former one nothing more will come.
    if (dead !== undefined && (dead.perfDone || dead.straceDone)) this.#leave(dead, at);
    const child = this.#thread(tid, pid);
    child.perfed = true;
    if (child.comm === '' && parent !== undefined) this.#name(child, parent.comm, at, PERF_ONLY);
    if (pid !== parentPid) this.#parents.set(pid, parentPid);
    const call = this.#callOf(parent);
    this.#sink.event({
      type: 'spawn',
      pid: parentPid,
      tid: parentTid,
      startNs: at,
      sources: parent?.window?.enter !== undefined ? BOTH : PERF_ONLY,
      childPid: pid,
      childTid: tid,
      thread: pid === parentPid,
      ...(call === undefined || !SPAWNS.test(call) ? {} : { call }),
    });
  }

  #exec(at: Ns, pid: number, formerTid: number, path: string): void {
    if (formerTid !== pid) this.#takeOver(formerTid, pid, at);
    const thread = this.#thread(pid);
    const { window } = thread;
    if (window?.enter !== undefined && window.enter === thread.enter) window.exec = { at, path };
    else
      this.#sink.event({
        type: 'exec',
        pid: thread.pid,
        tid: thread.tid,
        startNs: at,
        sources: PERF_ONLY,
        path,
        ...(formerTid === pid ? {} : { formerTid }),
      });
  }

  /** The thread `from` has called execve and goes on under the leader's number; the leader is gone. */
  #takeOver(from: number, leader: number, at: Ns): void {
    const former = this.#threads.get(from);
    if (former === undefined || from === leader) return;
    const thread = this.#thread(leader, former.pid);
    this.#closeWindow(thread, at, 'superseded');
    this.#closeEnter(thread, at, 'superseded');
    former.track.ends(at);
    // The kernel has killed the leader for it: what lives on under its number is another.
    thread.perfDone = false;
    thread.perfExit = undefined;
    thread.track.runs(at);
    thread.longestNs = former.longestNs;
    thread.longestStack = former.longestStack;
    thread.firstStack = former.firstStack;
    thread.waker = former.waker;
    if (former.window !== undefined) thread.window = former.window;
    if (former.enter !== undefined)
      thread.enter = {
        ...former.enter,
        totals: carriedOver(former.enter.totals, former.track, thread.track, at),
      };
    if (thread.window !== undefined && thread.enter?.window !== undefined) thread.window.enter = thread.enter;
    former.window = undefined;
    this.#threads.delete(from);
  }

  #holderOf(call: StraceCall): Thread | undefined {
    // Only ever asked for the rare call that changed its thread.
    for (const thread of this.#threads.values()) if (thread.window?.call === call) return thread;
    return undefined;
  }

  #dies(at: Ns, tid: number, groupDead: number): void {
    const thread = this.#threads.get(tid);
    if (thread === undefined) return;
    const last = groupDead < 0 ? (thread.pid === tid ? undefined : false) : groupDead === 1;
    thread.perfExit = { at, last };
    // perf leaves the thread before its last switch: nothing tells when it gave the CPU back for good.
    thread.track.ends(at);
    thread.perfDone = true;
    if (last !== false) {
      const parent = this.#parents.get(thread.pid);
      if (parent !== undefined) this.#lastExit.set(parent, { pid: thread.pid, comm: thread.comm });
      this.#parents.delete(thread.pid);
    }
    if (!this.#options.hasStrace || !thread.straced) {
      this.#closeEnter(thread, at, 'died');
      this.#sink.event(exitEvent(thread, undefined, at));
      thread.perfExit = undefined;
      thread.straceDone = true;
      this.#forgetIfDone(thread);
    }
  }

  #forgetIfDone(thread: Thread): void {
    const perfDone = thread.perfDone || !this.#options.hasPerf || !thread.perfed;
    if (!thread.straceDone || !perfDone) return;
    this.quality.perfOnly[thread.straced ? 'other' : 'notAttached'] += thread.unclaimed;
    if (this.#threads.get(thread.tid) === thread) this.#threads.delete(thread.tid);
    this.#namedByPerf.delete(thread.tid);
  }

  #lost(at: Ns, count: number, from: Ns): void {
    this.quality.gap(from, at);
    this.#sink.event({
      type: 'gap',
      pid: 0,
      tid: 0,
      startNs: from,
      durationNs: Math.max(0, at - from),
      sources: PERF_ONLY,
      lost: count,
      why: 'perf could not keep up and lost events',
    });
  }

  // What is given to the sink

  #closeWindow(thread: Thread, at: Ns, open: SyscallEvent['open'] = 'died'): void {
    const { window } = thread;
    if (window !== undefined) this.#finishWindow(thread, window, at, open);
  }

  #closeEnter(thread: Thread, at: Ns, open: SyscallEvent['open']): void {
    const { enter } = thread;
    if (enter === undefined) return;
    thread.enter = undefined;
    // The window tells it when it is closed.
    if (enter.window !== undefined) return;
    const times = timesUntil(thread, enter, at, undefined, this.#options.scheduled);
    this.#sink.event(perfCallEvent(thread, this.#nameOf(enter.nr), enter, times, open));
  }

  /** The window is over: what there is of the call is told. */
  #finishWindow(thread: Thread, window: Window, at: Ns, open?: SyscallEvent['open']): void {
    if (thread.window === window) thread.window = undefined;
    const { call, enter, exit } = window;
    const still = enter !== undefined && thread.enter === enter;
    if (still) thread.enter = undefined;
    if (enter === undefined) {
      if (this.#options.hasPerf) this.quality.lose(this.#lossOf(thread, window, at), window.at, at);
      this.#emitStraceCall(thread, window, at, open);
      return;
    }
    const same = exit?.returned === undefined ? undefined : sameResult(call, exit.returned);
    if (same === false) {
      this.quality.wrongPairsRefused++;
      this.quality.lose('other', window.at, at);
      this.#emitStraceCall(thread, window, at, open);
      const times = exit ?? timesUntil(thread, enter, at, undefined, this.#options.scheduled);
      this.#sink.event(perfCallEvent(thread, this.#nameOf(enter.nr), enter, times));
      return;
    }
    this.quality.matched++;
    if (same === true) this.quality.resultsCompared++;
    // What never returns, or has not, is told as far as it went; where perf lost the return, strace knows how long it took.
    const until = thread.perfExit?.at ?? at;
    const isLost = call.state === 'done' && !Number.isNaN(call.durationNs);
    const times =
      exit ??
      (still && !isLost ? timesUntil(thread, enter, until, undefined, this.#options.scheduled) : undefined);
    const durationNs =
      times === undefined
        ? Number.isNaN(call.durationNs)
          ? Math.max(0, until - enter.at)
          : call.durationNs
        : Math.max(0, times.at - enter.at - (times.ptraceNs ?? 0));
    this.#sink.event(
      callEvent(thread, window, { sources: BOTH, startNs: enter.at, durationNs, exit: times, open }),
    );
    this.#tellExec(thread, window, exit?.at ?? at);
  }

  /** Why perf has no enter of a call whose time went to `until`. */
  #lossOf(thread: Thread, window: Window, until: Ns): Loss {
    const { perfWindow, blind } = this.#options;
    if (blind.has(thread.tid)) return 'blindThread';
    if (perfWindow !== undefined && window.at < perfWindow.from) return 'beforePerf';
    if (perfWindow !== undefined && window.at > perfWindow.to) return 'afterDetach';
    if (neverBegan(window)) return 'neverBegun';
    // strace held it when perf was stopped, and let it go on after that.
    if (perfWindow !== undefined && until > perfWindow.to && !window.seen) return 'afterDetach';
    return thread.perfed ? 'other' : 'blindThread';
  }

  #emitStraceCall(thread: Thread, window: Window, at: Ns, open?: SyscallEvent['open']): void {
    const { call } = window;
    const durationNs = Number.isNaN(call.durationNs) ? this.#untilNow(window, at) : call.durationNs;
    this.#sink.event(
      callEvent(thread, window, { sources: STRACE, startNs: window.at, durationNs, exit: undefined, open }),
    );
    if (!this.#options.hasPerf || !thread.perfed) this.#tellSpawn(thread, window, at);
    this.#tellExec(thread, window, at);
  }

  /** Of strace alone: the child's number is the result, in the namespace of the caller. */
  #tellSpawn(thread: Thread, { call }: Window, at: Ns): void {
    if (!SPAWNS.test(call.name) || call.state !== 'done' || !(call.result > 0)) return;
    const translated = /\/\* (\d+) in strace's PID NS \*\//.exec(call.resultText ?? '')?.[1];
    const childTid = translated === undefined ? call.result : Number(translated);
    const isThread = call.args.includes('CLONE_THREAD');
    const child = this.#thread(childTid, isThread ? thread.pid : childTid);
    if (child.comm === '') this.#name(child, thread.comm, at, STRACE);
    if (!isThread) this.#parents.set(childTid, thread.pid);
    this.#sink.event({
      type: 'spawn',
      pid: thread.pid,
      tid: thread.tid,
      startNs: at,
      sources: STRACE,
      childPid: isThread ? thread.pid : childTid,
      childTid,
      thread: isThread,
      call: call.name,
    });
  }

  #emitState(thread: Thread, state: FinishedState): void {
    // Of calls alone it would run all the time.
    if (!this.#options.scheduled) return;
    if (state.state === 'blocked' && state.durationNs > thread.longestNs) {
      thread.longestNs = state.durationNs;
      thread.longestStack = state.stack;
    }
    this.#sink.event(stateEvent(thread, state, this.#callOf(thread)));
  }

  /** How long a call has lasted that strace has no time of. */
  #untilNow({ call, at: began }: Window, at: Ns): number {
    if (call.state === 'done') return 0;
    // It was in it still when strace let go of it.
    const until = call.state === 'detached' ? (this.#options.endNs ?? at) : at;
    return Math.max(0, until - began);
  }

  #tellExec(thread: Thread, window: Window, at: Ns): void {
    const event = execEvent(thread, window, at);
    if (event === undefined) return;
    // Without perf and --decode-pids nothing else tells a name: that of the file, cut as the kernel does.
    if (window.call.comm === undefined && !this.#options.hasPerf && event.path !== undefined)
      this.#name(thread, event.path.replace(/^.*\//, '').slice(0, LONGEST_COMM), at, STRACE);
    this.#sink.event(event);
  }
}

/** TASK_COMM_LEN without its NUL. */
const LONGEST_COMM = 15;

/** Totals that `to` would have had when the call began, had its time in the call gone by under it instead of under `from`. */
function carriedOver(began: StateTotals, from: SchedulerTrack, to: SchedulerTrack, at: Ns): StateTotals {
  const spent = from.totals(at);
  const [running, runnable, blocked, stopped, ptrace] = to.totals(at);
  return [
    running - (spent[0] - began[0]),
    runnable - (spent[1] - began[1]),
    blocked - (spent[2] - began[2]),
    stopped - (spent[3] - began[3]),
    ptrace - (spent[4] - began[4]),
  ];
}

/** ENOSYS: what stands in the register of the result until the call has begun. */
const NOT_BEGUN = -38;

/**
 * The kernel gave it up in the stop of its entry: the thread was killed there, or its seccomp filter refused the call. perf
 * tells a return then, and no enter.
 */
function neverBegan({ call, returnedOnly, refused }: Window): boolean {
  if (returnedOnly === undefined || refused) return false;
  if (call.state !== 'done') return returnedOnly === NOT_BEGUN;
  return call.errno !== undefined && sameResult(call, returnedOnly) === true;
}

function isTracerStop(stack: readonly string[]): boolean {
  return stack.some((frame) => frame === 'ptrace_stop' || frame === 'ptrace_notify');
}
