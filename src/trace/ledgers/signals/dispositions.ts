import { signalName } from '../../../procfs/signals.ts';
import type { Ns, SpawnEvent, SyscallEvent, TraceEvent, TraceSink } from '../../event.ts';
import type { RecordingMeta } from '../../recording.ts';
import { callOf, numberAt, succeeded } from '../call.ts';
import { type Capped, capped } from '../capped.ts';
import type { ReapsByKernel } from '../processes/book.ts';
import type { Tasks } from '../tasks.ts';
import type { Disposition, DispositionChange, SignalDispositions } from './book.ts';
import { maskSet, signalNumber, signalSet } from './sets.ts';

/** What one process does with signals. */
export interface State {
  readonly pid: number;
  dispositions: Map<number, Disposition>;
  /** Ignored when it began, or over its exec. */
  inherited: Set<number>;
  noWait: boolean;
  readonly changes: DispositionChange[];
  changesMore: number;
  /** Blocked by each thread; undefined = not known. */
  readonly masks: Map<number, ReadonlySet<number>>;
  /** Read by signalfd, sigwait, sigtimedwait. */
  readonly taken: Set<number>;
}

const MOST_CHANGES = 64;
const MOST_PROCESSES = 256;
const SIGCHLD = 17;
/** rt_sigaction and rt_sigprocmask(2). */
const HOWS: Readonly<Record<string, 'block' | 'unblock' | 'set'>> = {
  SIG_BLOCK: 'block',
  SIG_UNBLOCK: 'unblock',
  SIG_SETMASK: 'set',
};

/** What each process does with signals that reach it, who set that, and what it blocks: over fork, threads and exec. */
export class Dispositions implements TraceSink, ReapsByKernel {
  readonly #tasks: Tasks;
  readonly #states = new Map<number, State>();
  /** Calls that set a disposition, and those that set a mask. */
  actions: number = 0;
  maskChanges: number = 0;

  constructor(tasks: Tasks, start: RecordingMeta['signals']) {
    this.#tasks = tasks;
    for (const { pid, ignored, caught, blocked } of start) {
      const state = this.#of(pid);
      for (const n of maskSet(ignored)) {
        state.dispositions.set(n, 'ignored');
        state.inherited.add(n);
      }
      for (const n of maskSet(caught)) state.dispositions.set(n, 'handled');
      state.masks.set(pid, maskSet(blocked));
    }
  }

  get(pid: number): State | undefined {
    return this.#states.get(pid);
  }

  reapsByKernel(pid: number): boolean {
    const state = this.#states.get(pid);
    return state !== undefined && (state.noWait || state.dispositions.get(SIGCHLD) === 'ignored');
  }

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'syscall':
        this.#call(event);
        break;
      case 'spawn':
        this.#spawn(event);
        break;
      case 'exec':
        this.#exec(event.pid, event.tid, event.startNs);
        break;
      case 'exit':
        this.#states.get(event.pid)?.masks.delete(event.tid);
        break;
    }
  }

  /** Of those that something can be told of. */
  finish(): Capped<SignalDispositions> {
    const told = [...this.#states.values()].filter(
      ({ changes, inherited, masks }) =>
        changes.length > 0 || inherited.size > 0 || [...masks.values()].some(({ size }) => size > 0),
    );
    return capped(
      told.map((state) => this.#told(state)),
      MOST_PROCESSES,
    );
  }

  #of(pid: number): State {
    let state = this.#states.get(pid);
    if (state === undefined) {
      state = {
        pid,
        dispositions: new Map(),
        inherited: new Set(),
        noWait: false,
        changes: [],
        changesMore: 0,
        masks: new Map(),
        taken: new Set(),
      };
      this.#states.set(pid, state);
      if (this.#states.size > 16 * MOST_PROCESSES) this.#forget();
    }
    return state;
  }

  /** The dead go first come, first gone; what they did is told only as long as there is room. */
  #forget(): void {
    for (const pid of this.#states.keys()) {
      if (this.#states.size <= 8 * MOST_PROCESSES) return;
      if (this.#tasks.get(pid)?.endNs !== undefined) this.#states.delete(pid);
    }
  }

  #spawn({ pid, tid, childPid, childTid, thread, startNs }: SpawnEvent): void {
    const parent = this.#states.get(pid);
    const mask = parent?.masks.get(tid);
    if (thread) {
      if (parent !== undefined && mask !== undefined) parent.masks.set(childTid, mask);
      return;
    }
    // The child's own events may have run ahead of this one; else its number was used before.
    const early = this.#states.get(childPid);
    const ahead = early?.changes.every(({ atNs }) => atNs >= startNs) === true ? early : undefined;
    if (ahead === undefined) this.#states.delete(childPid);
    if (parent === undefined) return;
    const child = ahead ?? this.#of(childPid);
    // A copy for each child is cheap: there are 64 signals at most.
    child.dispositions = new Map([...parent.dispositions, ...child.dispositions]);
    child.inherited = new Set([...parent.inherited, ...child.inherited]);
    child.noWait = parent.noWait;
    if (mask !== undefined) child.masks.set(childTid, mask);
  }

  /** execve(2): handlers go, what is ignored stays, and so does the mask of the thread that called it. */
  #exec(pid: number, tid: number, atNs: Ns): void {
    const state = this.#states.get(pid);
    if (state === undefined) return;
    for (const [n, disposition] of state.dispositions) {
      if (disposition === 'ignored') {
        state.inherited.add(n);
        continue;
      }
      state.dispositions.delete(n);
      if (disposition === 'handled' && state.changes.some(({ signal }) => signal === signalName(n))) {
        this.#change(state, { signal: signalName(n), to: 'default', atNs, byTid: tid, byExec: true });
      }
    }
    state.noWait = false;
    state.taken.clear();
    const mask = state.masks.get(tid) ?? state.masks.get(pid);
    state.masks.clear();
    if (mask !== undefined) state.masks.set(pid, mask);
  }

  #call(event: SyscallEvent): void {
    switch (event.name) {
      case 'rt_sigaction':
      case 'sigaction':
      case 'signal':
        this.#action(event);
        break;
      case 'rt_sigprocmask':
      case 'sigprocmask':
        this.#mask(event);
        break;
      case 'signalfd':
      case 'signalfd4':
        for (const n of signalSet(callOf(event).args[1] ?? '') ?? []) this.#of(event.pid).taken.add(n);
        break;
      case 'rt_sigtimedwait':
      case 'rt_sigtimedwait_time64':
        for (const n of signalSet(callOf(event).args[0] ?? '') ?? []) this.#of(event.pid).taken.add(n);
        if (succeeded(event)) this.#of(event.pid).taken.add(event.result);
        break;
    }
  }

  #action(event: SyscallEvent): void {
    if (!succeeded(event)) return;
    const call = callOf(event);
    const n = signalNumber(call.args[0] ?? '');
    const action = call.args[1];
    // NULL: it only asks.
    if (n === undefined || action === undefined || action === 'NULL' || numberAt(call, 1) === 0) return;
    this.actions++;
    const to: Disposition = call.raw
      ? 'unknown'
      : action.includes('SIG_IGN')
        ? 'ignored'
        : /\bsa_handler=(?:SIG_DFL|0x0|0|NULL)\b|^SIG_DFL$/.test(action)
          ? 'default'
          : 'handled';
    const state = this.#of(event.pid);
    if (n === SIGCHLD) state.noWait = /\bSA_NOCLDWAIT\b/.test(action);
    const before = state.dispositions.get(n) ?? 'default';
    state.inherited.delete(n);
    if (to === 'default') state.dispositions.delete(n);
    else state.dispositions.set(n, to);
    if (before === to) return;
    this.#change(state, { signal: signalName(n), to, atNs: event.startNs, byTid: event.tid });
  }

  #change(state: State, change: DispositionChange): void {
    if (state.changes.length < MOST_CHANGES) state.changes.push(change);
    else state.changesMore++;
  }

  #mask(event: SyscallEvent): void {
    if (!succeeded(event)) return;
    const call = callOf(event);
    const set = signalSet(call.args[1] ?? '');
    const how = HOWS[call.args[0] ?? ''];
    const state = this.#of(event.pid);
    if (set === undefined || how === undefined) {
      // Registers alone: it has changed, to what stands in memory.
      if (call.raw && numberAt(call, 1) !== 0) state.masks.delete(event.tid);
      return;
    }
    this.maskChanges++;
    const before = state.masks.get(event.tid);
    if (how === 'set') state.masks.set(event.tid, set);
    else if (how === 'block') state.masks.set(event.tid, new Set([...(before ?? []), ...set]));
    else if (before !== undefined) {
      state.masks.set(event.tid, new Set([...before].filter((n) => !set.has(n))));
    }
  }

  #told(state: State): SignalDispositions {
    const of = (wanted: Disposition) =>
      [...state.dispositions].filter(([, to]) => to === wanted).map(([n]) => signalName(n));
    const masks = [...state.masks.values()];
    const blocked = [...(masks[0] ?? [])].filter((n) => masks.every((mask) => mask.has(n)));
    return {
      pid: state.pid,
      comm: this.#tasks.comm(state.pid),
      ignored: of('ignored'),
      handled: of('handled'),
      inheritedIgnored: [...state.inherited].map(signalName),
      blocked: blocked.map(signalName),
      changes: { items: state.changes, more: state.changesMore },
    };
  }
}
