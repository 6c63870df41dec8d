import { signalName } from '../../procfs/signals.ts';
import type {
  ExitEvent,
  Ns,
  SignalEvent,
  SpawnEvent,
  SyscallEvent,
  TraceEvent,
  TraceSink,
} from '../event.ts';
import type { RecordingMeta } from '../recording.ts';
import { type Call, callOf, descriptorAt, endOf, isRaw, numberAt, pidAt, succeeded } from './call.ts';
import { type Capped, capped, Tally } from './capped.ts';
import type { DescriptorTables } from './descriptor-tables.ts';
import type { ReapsByKernel } from './processes.ts';
import { maskSet, plainSignal, signalNumber, signalSet } from './signal-sets.ts';
import type { Tasks } from './tasks.ts';

/** `unknown`: perf saw the call, not what it set. */
export type Disposition = 'default' | 'ignored' | 'handled' | 'unknown';

export interface DispositionChange {
  readonly signal: string;
  readonly to: Disposition;
  readonly atNs: Ns;
  readonly byTid: number;
  /** Set by exec (handlers go back to the default), not by rt_sigaction. */
  readonly byExec?: boolean;
}

export interface SignalDispositions {
  readonly pid: number;
  readonly comm: string;
  /** At the end, other than the default. */
  readonly ignored: readonly string[];
  readonly handled: readonly string[];
  /** Ignored since before the trace, or since before its exec: inherited from whoever started it. */
  readonly inheritedIgnored: readonly string[];
  /** Blocked at the end by each thread whose mask is known. */
  readonly blocked: readonly string[];
  readonly changes: Capped<DispositionChange>;
}

export interface SentSignals {
  readonly fromPid: number;
  readonly fromComm: string;
  /** As the call names it: negative = a process group, in the sender's PID namespace. */
  readonly target: number;
  /** The host's number of the process, where it is one and can be told. */
  readonly toPid?: number;
  readonly toComm?: string;
  readonly signal: string;
  readonly call: string;
  readonly count: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
}

export interface DeliveredSignals {
  readonly pid: number;
  readonly comm: string;
  readonly signal: string;
  readonly code?: string;
  readonly senderPid?: number;
  readonly count: number;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
  /** What became of the last: by the disposition that it met. */
  readonly met: Disposition;
}

/** Sent within the trace to a process of the trace, and not seen to arrive. */
export interface UndeliveredSignal {
  readonly signal: string;
  readonly toPid: number;
  readonly toComm: string;
  readonly fromPid: number;
  readonly fromComm: string;
  readonly count: number;
  readonly lastNs: Ns;
  /**
   * `blocked`: by all threads known, to the end; `taken`: it is read by signalfd or sigwait; `lost-at-detach`: sent when strace
   * let go, which can swallow it; `unseen`: strace was not there to see; `unknown`.
   */
  readonly why: 'blocked' | 'taken' | 'lost-at-detach' | 'unseen' | 'unknown';
}

export interface SignalLedger {
  readonly totals: {
    readonly sent: number;
    readonly sendsFailed: number;
    readonly delivered: number;
    readonly ignored: number;
    readonly dispositionChanges: number;
    readonly maskChanges: number;
    readonly undelivered: number;
    readonly deliveredBySignal: Readonly<Record<string, number>>;
  };
  readonly sent: Capped<SentSignals>;
  readonly delivered: Capped<DeliveredSignals>;
  readonly undelivered: Capped<UndeliveredSignal>;
  readonly dispositions: Capped<SignalDispositions>;
}

const MOST_LISTED = 128;
const MOST_CHANGES = 64;
const MOST_PROCESSES = 256;
/** Detaching takes strace 1.5 ms, 17 ms at worst (trace-facts 5): what is sent about then may be swallowed. */
const DETACH_NS = 100_000_000;
const SIGKILL = 9;
const SIGCHLD = 17;
const SIGSTOP = 19;
/** rt_sigaction and rt_sigprocmask(2). */
const HOWS: Readonly<Record<string, 'block' | 'unblock' | 'set'>> = {
  SIG_BLOCK: 'block',
  SIG_UNBLOCK: 'unblock',
  SIG_SETMASK: 'set',
};

/** Where target and signal stand. */
const SENDERS: Readonly<Record<string, readonly [target: number, signal: number]>> = {
  kill: [0, 1],
  tkill: [0, 1],
  tgkill: [0, 2],
  rt_sigqueueinfo: [0, 1],
  rt_tgsigqueueinfo: [0, 2],
  pidfd_send_signal: [0, 1],
};

interface State {
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

interface Sent extends Omit<SentSignals, 'failed' | 'count' | 'lastNs' | 'firstNs'> {
  count: number;
  failed: Tally;
  /** strace saw the last: it would have seen the signal arrive, too. */
  straced: boolean;
  firstNs: Ns;
  lastNs: Ns;
}

interface Delivered extends Omit<DeliveredSignals, 'count' | 'lastNs' | 'met'> {
  count: number;
  lastNs: Ns;
  met: Disposition;
}

/** Signals: sent, arrived, and what stood in their way. */
export class SignalLedgerSink implements TraceSink, ReapsByKernel {
  readonly #tasks: Tasks;
  readonly #states = new Map<number, State>();
  readonly #sent = new Map<string, Sent>();
  readonly #delivered = new Map<string, Delivered>();
  readonly #bySignal = new Tally(64);
  readonly #tables: DescriptorTables;
  readonly #detachedNs: Ns | undefined;
  #sentMore = 0;
  #deliveredMore = 0;
  #sendCount = 0;
  #sendsFailed = 0;
  #deliveredCount = 0;
  #ignoredCount = 0;
  #actions = 0;
  #maskChanges = 0;
  #endNs = 0;

  /** `detachedNs`: when strace let go. */
  constructor(tasks: Tasks, tables: DescriptorTables, start: RecordingMeta['signals'] = [], detachedNs?: Ns) {
    this.#tasks = tasks;
    this.#detachedNs = detachedNs;
    this.#tables = tables;
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

  reapsByKernel(pid: number): boolean {
    const state = this.#states.get(pid);
    return state !== undefined && (state.noWait || state.dispositions.get(SIGCHLD) === 'ignored');
  }

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'state':
        return;
      case 'signal':
        if (!event.stopped) this.#deliver(event);
        break;
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
        if (event.last && event.signal === 'SIGKILL') this.#killed(event);
        break;
    }
    const end = endOf(event);
    if (end > this.#endNs) this.#endNs = end;
  }

  finish(endNs: Ns = this.#endNs): SignalLedger {
    const sent = [...this.#sent.values()];
    const undelivered = this.#undelivered(sent, endNs);
    const told = [...this.#states.values()].filter(
      ({ changes, inherited, masks }) =>
        changes.length > 0 || inherited.size > 0 || [...masks.values()].some(({ size }) => size > 0),
    );
    const delivered = [...this.#delivered.values()].sort((a, b) => b.count - a.count);
    return {
      totals: {
        sent: this.#sendCount,
        sendsFailed: this.#sendsFailed,
        delivered: this.#deliveredCount,
        ignored: this.#ignoredCount,
        dispositionChanges: this.#actions,
        maskChanges: this.#maskChanges,
        undelivered: undelivered.reduce((sum, { count }) => sum + count, 0),
        deliveredBySignal: this.#bySignal.record(),
      },
      sent: {
        items: sent.map(({ straced: _, ...item }) => ({ ...item, failed: item.failed.record() })),
        more: this.#sentMore,
      },
      delivered: { items: delivered, more: this.#deliveredMore },
      undelivered: capped(undelivered, MOST_LISTED),
      dispositions: capped(
        told.map((state) => this.#told(state)),
        MOST_PROCESSES,
      ),
    };
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
      default:
        if (Object.hasOwn(SENDERS, event.name)) this.#send(event);
    }
  }

  #action(event: SyscallEvent): void {
    if (!succeeded(event)) return;
    const call = callOf(event);
    const n = signalNumber(call.args[0] ?? '');
    const action = call.args[1];
    // NULL: it only asks.
    if (n === undefined || action === undefined || action === 'NULL' || numberAt(call, 1) === 0) return;
    this.#actions++;
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
    this.#maskChanges++;
    const before = state.masks.get(event.tid);
    if (how === 'set') state.masks.set(event.tid, set);
    else if (how === 'block') state.masks.set(event.tid, new Set([...(before ?? []), ...set]));
    else if (before !== undefined) {
      state.masks.set(event.tid, new Set([...before].filter((n) => !set.has(n))));
    }
  }

  #send(event: SyscallEvent): void {
    const [at, signalAt] = SENDERS[event.name] ?? [0, 1];
    const call = callOf(event);
    const n = signalNumber(call.args[signalAt] ?? '');
    const target = this.#target(call, at);
    // Signal 0 only asks whether the process is there.
    if (n === undefined || target === undefined) return;
    const failed = event.errno !== undefined;
    if (failed) this.#sendsFailed++;
    else this.#sendCount++;
    const signal = signalName(n);
    const key = `${event.pid} ${event.name} ${target.number} ${signal}`;
    let sent = this.#sent.get(key);
    if (sent === undefined) {
      if (this.#sent.size >= MOST_LISTED) {
        this.#sentMore++;
        return;
      }
      sent = {
        fromPid: event.pid,
        fromComm: this.#tasks.comm(event.pid),
        target: target.number,
        ...(target.pid === undefined ? {} : { toPid: target.pid, toComm: this.#tasks.comm(target.pid) }),
        signal,
        call: event.name,
        count: 0,
        failed: new Tally(16),
        straced: false,
        firstNs: event.startNs,
        lastNs: event.startNs,
      };
      this.#sent.set(key, sent);
    }
    if (event.errno !== undefined) sent.failed.add(event.errno);
    else {
      sent.count++;
      sent.straced = !isRaw(event);
      sent.lastNs = event.startNs;
    }
  }

  #target(call: Call, at: number): { number: number; pid?: number } | undefined {
    const { event } = call;
    if (event.name === 'pidfd_send_signal') {
      const fd = descriptorAt(call, at)?.fd;
      if (fd === undefined) return undefined;
      const told = this.#tables.get(event.pid)?.slots.get(fd)?.description.pidfdOf;
      const pid = told === undefined ? undefined : this.#tasks.resolve(event.pid, told);
      return pid === undefined ? { number: fd } : { number: pid, pid };
    }
    const number = pidAt(call, at);
    if (number === undefined) return undefined;
    if (number.local <= 0) return { number: number.local };
    const pid = this.#tasks.resolve(event.pid, number);
    return pid === undefined ? { number: number.local } : { number: number.local, pid };
  }

  #deliver(event: SignalEvent): void {
    this.#deliveredCount++;
    const signal = plainSignal(event.signal);
    this.#bySignal.add(signal);
    const n = signalNumber(event.signal);
    const met = (n === undefined ? undefined : this.#states.get(event.pid)?.dispositions.get(n)) ?? 'default';
    // strace shows ignored signals too: a tracer makes the kernel keep them (kernel/signal.c, sig_ignored).
    if (met === 'ignored') this.#ignoredCount++;
    const key = `${event.pid} ${signal} ${event.code} ${signal === 'SIGCHLD' ? '' : event.senderPid}`;
    const known = this.#delivered.get(key);
    if (known !== undefined) {
      known.count++;
      known.lastNs = event.startNs;
      known.met = met;
    } else if (this.#delivered.size >= 4 * MOST_LISTED) {
      this.#deliveredMore++;
    } else {
      this.#delivered.set(key, {
        pid: event.pid,
        comm: this.#tasks.comm(event.pid),
        signal,
        ...(event.code === undefined ? {} : { code: event.code }),
        ...(event.senderPid === undefined || signal === 'SIGCHLD' ? {} : { senderPid: event.senderPid }),
        count: 1,
        firstNs: event.startNs,
        lastNs: event.startNs,
        met,
      });
    }
  }

  /** No tracer is told of a SIGKILL on its way: that it arrived, the death by it says. */
  #killed({ pid, tid, startNs, sources }: ExitEvent): void {
    const senders = [...this.#sent.values()].filter(
      ({ toPid, signal, count }) => toPid === pid && signal === 'SIGKILL' && count > 0,
    );
    const [sender] = senders.length === 1 ? senders : [];
    this.#deliver({
      type: 'signal',
      pid,
      tid,
      startNs,
      sources,
      signal: 'SIGKILL',
      ...(sender === undefined ? {} : { senderPid: sender.fromPid }),
    });
  }

  #undelivered(sent: readonly Sent[], endNs: Ns): UndeliveredSignal[] {
    return sent.flatMap((item): UndeliveredSignal[] => {
      const { toPid } = item;
      const n = signalNumber(item.signal);
      if (toPid === undefined || item.count === 0 || n === undefined || n === SIGKILL || n === SIGSTOP)
        return [];
      const target = this.#tasks.get(toPid);
      // It ended: by this one or by another; nobody can say.
      if (target === undefined || target.endNs !== undefined) return [];
      if (target.startNs === undefined && !this.#states.has(toPid)) return [];
      const arrived = [...this.#delivered.values()].filter(
        ({ pid, signal, lastNs }) => pid === toPid && signal === item.signal && lastNs >= item.lastNs,
      );
      if (arrived.length > 0) return [];
      return [
        {
          signal: item.signal,
          toPid,
          toComm: target.comm,
          fromPid: item.fromPid,
          fromComm: item.fromComm,
          count: item.count,
          lastNs: item.lastNs,
          why: this.#why(item, toPid, n, endNs),
        },
      ];
    });
  }

  #why({ lastNs: at, straced }: Sent, pid: number, n: number, endNs: Ns): UndeliveredSignal['why'] {
    const state = this.#states.get(pid);
    if (state?.taken.has(n) || this.#readsSignals(pid)) return 'taken';
    const masks = [...(state?.masks.values() ?? [])];
    if (masks.length > 0 && masks.every((mask) => mask.has(n))) return 'blocked';
    if (!straced) return 'unseen';
    return (this.#detachedNs ?? endNs) - at < DETACH_NS ? 'lost-at-detach' : 'unknown';
  }

  /** It had a signalfd before the trace: of which signals, nobody knows. */
  #readsSignals(pid: number): boolean {
    for (const { made, description } of this.#tables.get(pid)?.slots.values() ?? []) {
      if (made.how === 'start' && description.kind === 'signalfd') return true;
    }
    return false;
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
