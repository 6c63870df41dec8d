import type { Ns, SyscallEvent, TraceEvent, TraceSink, Waker } from '../event.ts';
import { returnedBy } from '../ledgers/processes/reaping.ts';
import { Tasks } from '../ledgers/tasks.ts';
import type { Enders, Sureness } from './enders.ts';
import { KnownThreads } from './known-threads.ts';
import { Longest } from './longest.ts';
import { IN_CALL, UNSEEN, type WaitKind, waitKind } from './wait-kind.ts';
import { type Waited, waitedIn } from './waiting.ts';

/** A sleep, or a long call of which nobody knows whether it waited. */
export interface KeptWait {
  readonly pid: number;
  readonly tid: number;
  /** As it was called then; '' where nobody had told it yet. */
  readonly comm: string;
  readonly name?: string;
  readonly args: string;
  readonly result?: number;
  readonly errno?: string;
  readonly kind: WaitKind;
  readonly startNs: Ns;
  readonly endNs: Ns;
  readonly waitedNs: number;
  /** False: nobody knows whether it waited. */
  readonly sleeps: boolean;
  readonly open: boolean;
  /** Of a wait for a child, the one that it came back with. */
  readonly child?: Waker;
  waker?: Waker;
  confidence?: Sureness;
  readonly stack?: readonly string[];
}

/** Sleeps kept: the longest of all; what is shorter decides nothing in a chain. */
const CAPACITY = 20_000;
const LONGEST_ARGS = 200;
/** Of strace alone: calls that are no waits by nature are worth a word from this on. */
const LONG_CALL_NS = 1_000_000;
/** Nobody to follow: a clock, a device, the kernel itself. */
const ENDS_CHAIN: readonly string[] = ['timer', 'disk', 'interrupt', 'kernel', 'ptrace'];

/** Keeps the longest waits of a trace, and who was there to end them. */
export class KeptWaits implements TraceSink {
  readonly known = new KnownThreads();
  readonly #longest = new Longest<KeptWait>(CAPACITY);
  readonly #enders: Enders | undefined;
  readonly #callsUnseen: boolean;
  readonly #tasks: Tasks;
  #sleeps: ReadonlyMap<number, readonly KeptWait[]> | undefined;
  #calls: ReadonlyMap<number, readonly KeptWait[]> | undefined;

  /** As of `Waits`. */
  constructor(tools: {
    readonly enders?: Enders;
    readonly tasks?: Tasks;
    readonly callsUnseen?: boolean;
  }) {
    this.#enders = tools.enders;
    this.#tasks = tools.tasks ?? new Tasks();
    this.#callsUnseen = tools.callsUnseen ?? false;
  }

  /** `waited`: of calls, where that is known already. */
  event(event: TraceEvent, waited?: Waited): void {
    if (event.type === 'syscall') this.#call(event, waited ?? waitedIn(event));
    else if (event.type === 'state') {
      // Sleeps in calls are told by their calls.
      if (event.state !== 'blocked' || event.during !== undefined || !this.#longest.wants(event.durationNs))
        return;
      this.#longest.add(event.durationNs, {
        pid: event.pid,
        tid: event.tid,
        comm: this.commOf(event.tid),
        args: '',
        kind: this.#callsUnseen ? UNSEEN : waitKind(event.stack, undefined, '', event.kernelState),
        startNs: event.startNs,
        endNs: event.startNs + event.durationNs,
        waitedNs: event.durationNs,
        sleeps: true,
        open: false,
        ...(event.waker === undefined ? {} : { waker: event.waker }),
        ...(event.stack === undefined ? {} : { stack: event.stack }),
      });
    } else if (event.type === 'comm') this.known.named(event.tid, event.pid, event.startNs, event.comm);
    else if (event.type === 'spawn')
      this.known.born(event.childTid, event.childPid, event.startNs, event.tid);
    else if (event.type === 'exit') this.known.ended(event.tid, event.pid, event.startNs);
  }

  #call(event: SyscallEvent, waited: Waited): void {
    this.known.called(event.tid, event.pid, event.startNs);
    if (event.name === 'exit_group' || event.name === 'exit') return;
    const sleeps = waited.ns > 0;
    if (!sleeps && (event.blockedNs !== undefined || event.durationNs < LONG_CALL_NS)) return;
    const waitedNs = sleeps ? waited.ns : event.durationNs;
    if (!this.#longest.wants(waitedNs)) return;
    const child = waited.kind === 'wait-child' ? this.#childOf(event) : undefined;
    const kept: KeptWait = {
      pid: event.pid,
      tid: event.tid,
      comm: this.commOf(event.tid),
      name: event.name,
      args: event.args.slice(0, LONGEST_ARGS),
      kind: sleeps ? waited.kind : IN_CALL,
      startNs: event.startNs,
      endNs: event.startNs + event.durationNs + (event.ptraceNs ?? 0),
      waitedNs,
      sleeps,
      open: event.open === 'end-of-trace',
      ...(event.result === undefined ? {} : { result: event.result }),
      ...(event.errno === undefined ? {} : { errno: event.errno }),
      ...(child === undefined ? {} : { child }),
      ...(event.waker === undefined ? {} : { waker: event.waker }),
      ...(event.stack === undefined ? {} : { stack: event.stack }),
    };
    this.#longest.add(waitedNs, kept);
    if (sleeps && event.waker === undefined)
      this.#enders?.ask(event, waited, ({ waker, sure }) => {
        kept.waker = waker;
        if (sure !== 'certain') kept.confidence = sure;
      });
  }

  /** The child that a wait came back with, by its number here; undefined where nobody can say. */
  #childOf(event: SyscallEvent): Waker | undefined {
    const returned = returnedBy(event);
    const pid = returned === undefined ? undefined : this.#tasks.resolve(event.pid, returned.who);
    if (returned === undefined || pid === undefined) return undefined;
    return { pid, tid: pid, comm: '', how: returned.lives ? 'other' : 'child-exit' };
  }

  /** Who ended it, if there is somebody to follow. */
  endedBy(wait: KeptWait): Waker | undefined {
    const { waker } = wait;
    if (waker !== undefined) return ENDS_CHAIN.includes(waker.how) ? undefined : waker;
    // Without a recorder of wake-ups: a wait for a child tells which.
    return wait.child;
  }

  /** Logs of strace mostly tell no names: what has slept or ended in the trace is in it as well. */
  isTraced(tid: number): boolean {
    return this.known.isTraced(tid) || this.sleepsOf(tid).length > 0;
  }

  commOf(tid: number): string {
    return this.known.get(tid)?.comm ?? '';
  }

  /** The sleeps of a thread, in the order of their ends. */
  sleepsOf(tid: number): readonly KeptWait[] {
    this.#sleeps ??= byThread(this.#longest.sorted().filter(({ sleeps }) => sleeps));
    return this.#sleeps.get(tid) ?? [];
  }

  /** Its long calls of which nobody knows whether they waited. */
  callsOf(tid: number): readonly KeptWait[] {
    this.#calls ??= byThread(this.#longest.sorted().filter(({ sleeps }) => !sleeps));
    return this.#calls.get(tid) ?? [];
  }

  /** All, the longest first. */
  sorted(): readonly KeptWait[] {
    return this.#longest.sorted();
  }
}

function byThread(waits: readonly KeptWait[]): ReadonlyMap<number, readonly KeptWait[]> {
  const threads = new Map<number, KeptWait[]>();
  for (const wait of waits) {
    const list = threads.get(wait.tid);
    if (list) list.push(wait);
    else threads.set(wait.tid, [wait]);
  }
  for (const list of threads.values()) list.sort((a, b) => a.endNs - b.endNs);
  return threads;
}
