import type { Ns } from '../event.ts';
import { PERF, type PerfBatch, type PerfSource } from '../perf/batch.ts';
import { HostNumbers } from '../perf/host-numbers.ts';
import type { RecordedTask } from '../recording.ts';
import type { StraceCall, StraceExit, StraceSignal } from '../strace/call.ts';
import { Births } from './births.ts';
import { CallNames, StraceNames } from './call-names.ts';
import { Deaths } from './deaths.ts';
import { PERF_ONLY, signalEvent } from './events.ts';
import { Execs } from './execs.ts';
import { FirstSleeps } from './first-sleeps.ts';
import type { CorrelatorOptions } from './options.ts';
import { Owners } from './owners.ts';
import { Pairing } from './pairing.ts';
import { Parents } from './parents.ts';
import { type CorrelationQuality, QualityCounter } from './quality.ts';
import type { StraceTaker } from './strace-cursor.ts';
import { CallsBySwitches } from './switches-only/calls.ts';
import { SwitchRows } from './switches-only/rows.ts';
import type { Thread } from './thread.ts';
import { Threads } from './threads.ts';
import { LONGEST_COMM, ToldCalls } from './told-calls.ts';
import { Wakes } from './wakes.ts';

/**
 * Puts the calls of strace and the events of perf together, thread by thread, as they come in the order of their times
 * (see merge.ts), and gives every event once to the sink. Here each record only goes to the part that knows what it means:
 *
 * - calls: pairing finds the partner, told-calls tells the pair, or what one alone saw; quality counts;
 * - births, execs, deaths (and parents): who is made, replaced, gone;
 * - threads: names, and by scheduler what each did with its time; first-sleeps: what it slept in at the begin;
 * - wakes: who ended a sleep;
 * - owners: of several recorders of perf, which one counts;
 * - switches-only/, where perf was permitted to tell no more than who got and left the CPU: rows takes that in, and calls finds
 *   each call of strace among these times, which split-call parts.
 */
export class Correlator implements StraceTaker {
  readonly #options: CorrelatorOptions;
  readonly #quality = new QualityCounter();
  readonly #parents = new Parents();
  readonly #names: CallNames;
  readonly #threads: Threads;
  readonly #owners: Owners;
  readonly #firstSleeps: FirstSleeps;
  readonly #pairing: Pairing;
  readonly #births: Births;
  readonly #execs: Execs;
  readonly #deaths: Deaths;
  readonly #wakes: Wakes;
  readonly #numbers = new HostNumbers();
  /** Where perf told nothing else. */
  readonly #switched: { readonly rows: SwitchRows; readonly calls: CallsBySwitches } | undefined;
  #now: Ns = 0;

  constructor(options: CorrelatorOptions) {
    const { sink } = options;
    this.#options = options;
    const names = new (options.switchesOnly ? StraceNames : CallNames)(options.syscallName);
    const threads = new Threads(sink, names, options.scheduled);
    const firstSleeps = new FirstSleeps(threads, options.perfWindow?.from ?? 0);
    const births = new Births(sink, threads, names, this.#parents);
    const calls = options.switchesOnly
      ? new CallsBySwitches(options, threads, names, births, this.#quality)
      : undefined;
    const told = calls ?? new ToldCalls(options, threads, names, births, this.#quality);
    this.#names = names;
    this.#threads = threads;
    this.#owners = new Owners(threads, options.trees ?? []);
    this.#firstSleeps = firstSleeps;
    this.#births = births;
    this.#pairing = new Pairing(options, threads, names, told, this.#quality);
    this.#execs = new Execs(sink, threads, told);
    this.#deaths = new Deaths(options, threads, told, this.#parents, firstSleeps, this.#quality);
    this.#wakes = new Wakes(threads, names, this.#parents, firstSleeps, this.#numbers);
    if (calls !== undefined) {
      if (options.hasStrace) threads.holds = (thread, state) => calls.holds(thread, state);
      this.#switched = { calls, rows: new SwitchRows(options, threads, firstSleeps, this.#execs, calls) };
    }
  }

  /** A thread that was there before the recording began. */
  introduce(task: Pick<RecordedTask, 'pid' | 'tid' | 'ppid' | 'comm' | 'asleep' | 'gone' | 'late'>): void {
    if (task.gone === true || task.late === true) {
      this.#threads.nameBefore(task.tid, task.comm, task.pid);
      return;
    }
    const { hasPerf, blind } = this.#options;
    const thread = this.#threads.of(task.tid, task.pid);
    if (task.asleep !== undefined && hasPerf && !blind.has(task.tid))
      this.#firstSleeps.begin(thread, task.asleep);
    const { nr } = task.asleep ?? {};
    const wasIn = nr === undefined ? undefined : this.#names.of(thread, { nr });
    // From any other call it had come to one of these when strace came.
    if (wasIn !== undefined && RESTARTED.test(wasIn)) thread.wasIn = wasIn;
    this.#threads.name(thread, task.comm, 0, []);
    if (task.pid === task.tid) this.#parents.set(task.pid, task.ppid);
  }

  /** Closes what is still open; nothing may come after it. */
  finish(): void {
    const { perfWindow, endNs } = this.#options;
    this.#now = endNs ?? Math.max(this.#now, perfWindow?.to ?? this.#now);
    this.#births.finish();
    const end = endNs ?? this.#now;
    for (const thread of this.#threads.values()) this.#deaths.leave(thread, end);
  }

  /** How well the two recordings fit; after `finish`. */
  result(clock: { offsetNs?: bigint; errorNs?: number }): CorrelationQuality {
    return this.#quality.finish(clock);
  }

  // strace

  begun(at: Ns, call: StraceCall, whole: boolean): void {
    if (this.#isAfter(at)) return;
    this.#now = at;
    this.#deaths.settle(at);
    this.#pairing.begun(at, call, whole);
    this.#switched?.calls.heldByStrace(this.#threads.of(call.tid), 'ptrace');
  }

  ended(at: Ns, call: StraceCall): void {
    if (this.#isAfter(at)) return;
    this.#now = at;
    this.#pairing.ended(at, call);
  }

  signal(at: Ns, signal: StraceSignal): void {
    if (this.#isAfter(at)) return;
    this.#now = at;
    const thread = this.#threads.of(signal.tid);
    this.#attached(thread);
    if (this.#switched !== undefined) {
      if (thread.window === undefined || thread.window.ended)
        this.#switched.calls.closeWindow(thread, at, 'died');
      this.#switched.calls.heldByStrace(thread, signal.stopped ? 'stopped' : 'ptrace');
    } else if (signal.stopped) thread.track.isStopped();
    this.#options.sink.event(signalEvent(thread, signal, at));
  }

  exit(at: Ns, exit: StraceExit): void {
    if (this.#isAfter(at)) return;
    this.#now = at;
    const thread = this.#threads.of(exit.tid);
    this.#attached(thread);
    if (exit.supersededBy === undefined) this.#deaths.ofStrace(thread, exit, at);
    // perf may have told the same already.
    else if (this.#threads.get(exit.supersededBy) !== undefined)
      this.#execs.takeOver(exit.supersededBy, exit.tid, at);
  }

  /** strace tells something of it: what came before its first word it was not there for. */
  #attached(thread: Thread): void {
    if (thread.straced) return;
    thread.straced = true;
    this.#quality.perfOnly.beforeAttach += thread.unclaimed;
    thread.unclaimed = 0;
  }

  // perf

  /** A row of the recorder that follows the tree. */
  treeRow(batch: PerfBatch, row: number, source: PerfSource): void {
    const at = batch.at[row]!;
    if (this.#isAfter(at)) return;
    this.#now = at;
    const pid = batch.pid[row]!;
    const tid = batch.tid[row]!;
    this.#meet(batch, row);
    if (this.#owners.isDouble(batch, row, source)) return;
    if (this.#switched?.rows.row(batch, row, source) ?? this.#firstSleeps.row(batch, row, source)) return;
    switch (batch.kind[row]) {
      case PERF.enter:
        this.#pairing.enter(this.#threads.running(tid, pid, at), at, batch, row);
        break;
      case PERF.exit:
        if (this.#names.during(this.#threads.get(tid)) === 'wait4') this.#births.isSure(batch.b[row]!, false);
        this.#pairing.exit(this.#threads.running(tid, pid, at), at, batch.a[row]!, batch.b[row]!);
        break;
      case PERF.switch:
        this.#switch(tid, pid, at, batch.a[row]!, batch.stack[row]!, source);
        this.#calledAtSwitch(this.#threads.get(tid), at, batch, row, source);
        break;
      case PERF.in: {
        if (tid <= 0 || this.#isBefore(tid, at)) break;
        const thread = this.#threads.of(tid, pid);
        if (!thread.perfDone) thread.track.runs(at);
        break;
      }
      case PERF.out:
        this.#threads.get(tid)?.track.leavesUntold(at, batch.a[row] === 1);
        break;
      case PERF.fork:
        if (tid <= 0) break;
        this.#deaths.reused(tid, at);
        if (pid !== batch.a[row]) this.#names.forked(pid, batch.a[row]!);
        this.#births.ofPerf(at, pid, tid, batch.a[row]!, batch.b[row]!);
        this.#threads.of(tid).owner = source;
        this.#switched?.rows.born(tid);
        break;
      case PERF.schedFork:
        this.#forked(at, batch, row, source);
        break;
      case PERF.vdso:
        this.#names.mapped(pid, batch.a[row] === 1);
        break;
      case PERF.comm:
        if (batch.a[row] === 1) this.#names.execed(pid);
        if (tid <= 0) break;
        if (this.#isBefore(tid, at)) this.#threads.nameBefore(tid, source.text(batch.text[row]!));
        else this.#called(this.#threads.of(tid, pid), at, batch, row, source);
        break;
      case PERF.schedExec: {
        const [pid_, formerTid] = this.#executing(batch, row);
        const path = source.text(batch.text[row]!);
        this.#births.isSure(pid_, false);
        this.#execs.ofPerf(at, pid_, formerTid, path);
        this.#calledAtExec(this.#threads.of(pid_), at, path);
        break;
      }
      case PERF.schedExit:
        this.#deaths.settle(at);
        if (batch.b[row]! >= 0) this.#births.isSure(batch.a[row]!, batch.b[row] === 0);
        this.#deaths.ofPerf(at, tid > 0 ? tid : this.#numbers.ranAs(batch.a[row]!), batch.b[row]!);
        break;
      case PERF.taskExit:
        this.#deaths.settle(at);
        if (this.#isBefore(tid, at)) this.#threads.nameBefore(tid, '');
        else this.#deaths.ofTask(at, tid);
        break;
      case PERF.waking:
        this.#wakes.row(at, batch, row, source);
        break;
      case PERF.lost:
        this.#lost(at, batch.a[row]!, batch.b[row]!);
        break;
    }
  }

  /** A row of the recorder that sees the whole host: only wake-ups count, the rest is told by the other one. */
  hostRow(batch: PerfBatch, row: number, source: PerfSource): void {
    const at = batch.at[row]!;
    if (this.#isAfter(at)) return;
    this.#now = at;
    this.#meet(batch, row);
    if (batch.kind[row] === PERF.waking) this.#wakes.row(at, batch, row, source);
  }

  /**
   * The recording is over, and the recorders end one after the other: what one of them still tells is none of it. So no
   * time counts that the others did not see.
   */
  #isAfter(at: Ns): boolean {
    return at > (this.#options.endNs ?? at);
  }

  /** What a row tells of who goes by which numbers. */
  #meet(batch: PerfBatch, row: number): void {
    const tid = batch.tid[row]!;
    const host = batch.host[row]!;
    // A thread without a process has left its number, and `tid` was made of the other one.
    if (host > 0 && batch.pid[row]! > 0 && this.#numbers.learn(host, tid)) this.#wakes.learnt(host);
    if (this.#numbers.areApart !== true) return;
    const kind = batch.kind[row];
    if (kind === PERF.fork) this.#numbers.born(batch.b[row]!, tid);
    else if (kind === PERF.schedFork) this.#numbers.forked(tid, batch.b[row]!);
    else if (kind === PERF.lost) this.#numbers.lost();
  }

  /**
   * A row of before the recording, of a thread that nobody has met: children that exec are recorded before the rest is switched
   * on (enable_on_exec), and may have ended by then.
   */
  #isBefore(tid: number, at: Ns): boolean {
    return at < (this.#options.perfWindow?.from ?? at) && this.#threads.get(tid) === undefined;
  }

  #switch(tid: number, pid: number, at: Ns, previous: number, stack: number, source: PerfSource): void {
    if (tid <= 0) return;
    const dead = (previous & 0x30) !== 0;
    const thread = dead ? this.#threads.get(tid) : this.#threads.of(tid, pid);
    if (thread === undefined || thread.perfDone) return;
    const inTracerStop = stack >= 0 && isTracerStop(source.stack(stack));
    thread.track.leaves(at, previous, stack, inTracerStop);
    thread.stacks = source;
    // Between strace's line and the enter a thread is held and preempted, but never sleeps.
    const { window } = thread;
    if (window !== undefined && window.enter === undefined && thread.track.state === 'blocked')
      window.seen = true;
  }

  /** A record of a name: one that perf found at its start may stand in the file behind newer ones. */
  #called(thread: Thread, at: Ns, batch: PerfBatch, row: number, source: PerfSource): void {
    const found = batch.b[row] === 1;
    if (found && thread.comm !== '') return;
    if (!found) thread.namedByPerf = true;
    this.#threads.name(thread, source.text(batch.text[row]!), at, PERF_ONLY);
  }

  /** In the text of perf script nothing else tells names, unless somebody has asked it for the records of tasks. */
  #calledAtSwitch(
    thread: Thread | undefined,
    at: Ns,
    batch: PerfBatch,
    row: number,
    source: PerfSource,
  ): void {
    const text = batch.text[row]!;
    if (thread === undefined || thread.namedByPerf || thread.straced || text < 0) return;
    this.#threads.name(thread, source.text(text), at, PERF_ONLY);
  }

  /** The kernel names whoever executes a file after it; the text of perf script tells that before its next switch nowhere else. */
  #calledAtExec(thread: Thread, at: Ns, path: string): void {
    if (thread.namedByPerf || thread.straced) return;
    this.#threads.name(thread, path.replace(/^.*\//s, '').slice(0, LONGEST_COMM), at, PERF_ONLY);
  }

  /**
   * A fork that PERF_RECORD_FORK, which comes before it, has told is told already. In a PID namespace the two have different
   * numbers, and nobody could tell: there it is passed over.
   */
  #forked(at: Ns, batch: PerfBatch, row: number, source: PerfSource): void {
    const tid = batch.tid[row]!;
    const child = batch.b[row]!;
    if (child <= 0 || tid !== batch.a[row]) return;
    this.#deaths.reused(child, at);
    if (this.#threads.get(child) !== undefined) return;
    this.#births.ofFork(at, tid, child, source.text(batch.text[row]!));
    this.#threads.of(child).owner = source;
  }

  /**
   * The thread that sched_process_exec tells of, and its number before. It tells the host's; perf's own stamps are those of the
   * PID namespace in which it runs, as is all else, and differ from them there alone.
   */
  #executing(batch: PerfBatch, row: number): [pid: number, formerTid: number] {
    const tid = batch.tid[row]!;
    const pid = batch.a[row]!;
    const formerly = batch.b[row]!;
    return tid > 0 && tid !== pid ? [tid, this.#numbers.local(formerly) ?? tid] : [pid, formerly];
  }

  #lost(at: Ns, count: number, from: Ns): void {
    this.#quality.gap(from, at);
    this.#options.sink.event({
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
}

/** The calls that the kernel goes on with by restart_syscall(2). */
const RESTARTED = /^(?:nanosleep|clock_nanosleep|poll|futex)$/;

function isTracerStop(stack: readonly string[]): boolean {
  return stack.some((frame) => frame === 'ptrace_stop' || frame === 'ptrace_notify');
}
