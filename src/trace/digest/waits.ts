import type { Ns, SyscallEvent, TraceEvent, TraceSink, Waker } from '../event.ts';
import { returnedBy } from '../ledgers/processes/reaping.ts';
import { Tasks } from '../ledgers/tasks.ts';
import { seconds } from './calls.ts';
import type { Enders, Sureness } from './enders.ts';
import { KnownThreads } from './known-threads.ts';
import { Longest } from './longest.ts';
import type { Spent, SpentPart } from './spent.ts';
import { IN_CALL, UNSEEN, type WaitKind, waitKind } from './wait-kind.ts';
import { type Waited, waitedIn } from './waiting.ts';

/** One sleep of one thread, with what ended it and what that one had waited for itself. */
export interface LongWait {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** The call; absent for a sleep outside of calls (a page fault). */
  readonly name?: string;
  readonly args: string;
  readonly result?: number;
  readonly errno?: string;
  readonly kind: WaitKind;
  readonly startNs: Ns;
  /** From its begin to its end; of it `waitedSeconds` asleep. */
  readonly seconds: number;
  readonly waitedSeconds: number;
  /** It had not ended when the trace did. */
  readonly open?: boolean;
  readonly waker?: Waker;
  /** Of `waker`, where nobody recorded it: how sure it is, by what the calls of others say. */
  readonly confidence?: Sureness;
  readonly stack?: readonly string[];
  readonly chain: readonly ChainLink[];
}

/** What the one that ended a wait did while it lasted. */
export interface ChainLink {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** It has no number where the recording was made: 0 stands for it. */
  readonly outside?: boolean;
  /** `slept`: in `name` for `seconds` of the wait; `ran`: it was at work; `outside`: it is not traced. */
  readonly did: 'slept' | 'ran' | 'outside';
  readonly name?: string;
  readonly args?: string;
  readonly kind?: WaitKind;
  readonly seconds?: number;
  /** How it ended the wait before it. */
  readonly how: string;
  /** That it did, where nobody recorded it. */
  readonly confidence?: Sureness;
  /** All that it did in the time of the wait before it, the longest first: they add up to that time. */
  readonly parts?: readonly SpentPart[];
}

/** A piece of the way by which one moment led to another. */
export interface PathStep {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly fromNs: Ns;
  readonly toNs: Ns;
  /**
   * `ran`: it was at work; `unknown`: nobody has told what it did, or whether the call `name` worked or waited; `stopped`: by
   * SIGSTOP or its like.
   */
  readonly did: 'ran' | 'waited' | 'stopped' | 'unknown';
  /** For `waited`: on what. */
  readonly kind?: WaitKind;
  readonly name?: string;
  /** How the step before led to this one. */
  readonly how?: string;
}

interface Kept {
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
  /** False: a long call of which nobody knows whether it waited. */
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
const DEEPEST = 10;
const MOST_STEPS = 1000;
/** Sleeps that are shorter than this share of the way are no steps of it. */
const STEP_SHARE = 1 / 5000;
/** Two that have woken each other at one moment would be followed for ever. */
const MOST_HOPS = 1000;
/** A sleep that covers less of a wait than this does not explain it. */
const SHARE = 0.05;
/** What ended one that covers less than this is no part of the chain. */
const MOSTLY = 0.4;
/** Of strace alone: calls that are no waits by nature are worth a word from this on. */
const LONG_CALL_NS = 1_000_000;

/** Nobody to follow: a clock, a device, the kernel itself. */
const ENDS_CHAIN: readonly string[] = ['timer', 'disk', 'interrupt', 'kernel', 'ptrace'];

/** Remembers the longest sleeps, and follows them from waker to waker. */
export class Waits implements TraceSink {
  readonly #longest = new Longest<Kept>(CAPACITY);
  readonly #known = new KnownThreads();
  readonly #enders: Enders | undefined;
  readonly #spent: Spent | undefined;
  #sleeps: ReadonlyMap<number, readonly Kept[]> | undefined;
  #calls: ReadonlyMap<number, readonly Kept[]> | undefined;
  readonly #callsUnseen: boolean;
  readonly #isWhole: () => boolean;
  readonly #tasks: Tasks;

  /**
   * `enders`: where nobody recorded wake-ups; `callsUnseen`: nobody told calls, so that a sleep is not known to be outside of
   * them; `isWhole`, asked at the end: all calls were told; else, where nothing else was, what is between them may be calls that
   * wait.
   */
  constructor(
    tools: {
      readonly enders?: Enders;
      readonly spent?: Spent;
      readonly tasks?: Tasks;
      readonly callsUnseen?: boolean;
      readonly isWhole?: () => boolean;
    } = {},
  ) {
    this.#callsUnseen = tools.callsUnseen ?? false;
    this.#isWhole = tools.isWhole ?? (() => true);
    this.#enders = tools.enders;
    this.#spent = tools.spent;
    this.#tasks = tools.tasks ?? new Tasks();
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
        comm: this.#commOf(event.tid),
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
    } else if (event.type === 'comm') this.#known.named(event.tid, event.pid, event.startNs, event.comm);
    else if (event.type === 'spawn')
      this.#known.born(event.childTid, event.childPid, event.startNs, event.tid);
    else if (event.type === 'exit') this.#known.ended(event.tid, event.pid, event.startNs);
  }

  #call(event: SyscallEvent, waited: Waited): void {
    this.#known.called(event.tid, event.pid, event.startNs);
    if (event.name === 'exit_group' || event.name === 'exit') return;
    const sleeps = waited.ns > 0;
    if (!sleeps && (event.blockedNs !== undefined || event.durationNs < LONG_CALL_NS)) return;
    const waitedNs = sleeps ? waited.ns : event.durationNs;
    if (!this.#longest.wants(waitedNs)) return;
    const child = waited.kind === 'wait-child' ? this.#childOf(event) : undefined;
    const kept: Kept = {
      pid: event.pid,
      tid: event.tid,
      comm: this.#commOf(event.tid),
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

  /** The longest sleeps, at most `count`, each with its chain. */
  finish(count: number): LongWait[] {
    return this.#longest
      .sorted()
      .slice(0, count)
      .filter(({ waitedNs }) => waitedNs > 0)
      .map((kept) => this.#told(kept));
  }

  #told(kept: Kept): LongWait {
    const { endNs, waitedNs, open, sleeps: _, child: __, waker, ...rest } = kept;
    return {
      ...rest,
      ...(waker === undefined ? {} : { waker: { ...waker, comm: waker.comm || this.#commOf(waker.tid) } }),
      comm: kept.comm || this.#commOf(kept.tid),
      seconds: seconds(endNs - kept.startNs),
      waitedSeconds: seconds(waitedNs),
      ...(open ? { open: true } : {}),
      chain: this.#chain(kept),
    };
  }

  #chain(wait: Kept): ChainLink[] {
    const links: ChainLink[] = [];
    const seen = new Set([wait.tid]);
    let from = wait.startNs;
    let to = wait.endNs;
    let now = wait;
    while (links.length < DEEPEST) {
      const by = this.#endedBy(now);
      if (by === undefined || seen.has(by.tid)) break;
      seen.add(by.tid);
      const comm = by.comm || this.#commOf(by.tid);
      const { confidence } = now;
      const base = {
        pid: by.pid,
        tid: by.tid,
        comm,
        how: by.how,
        ...(by.outside === true ? { outside: true } : {}),
        ...(confidence === undefined ? {} : { confidence }),
      };
      if (!this.#isTraced(by.tid)) {
        links.push({ ...base, did: 'outside' });
        break;
      }
      const slept = this.#mostWithin(by.tid, from, to);
      const parts = this.#spent?.within(by.tid, from, to);
      const told = parts === undefined ? base : { ...base, parts };
      if (slept === undefined) {
        links.push({ ...told, did: 'ran' });
        break;
      }
      const all = to - from;
      from = Math.max(from, slept.startNs);
      to = Math.min(to, slept.endNs);
      links.push({
        ...told,
        did: 'slept',
        kind: slept.kind,
        args: slept.args,
        seconds: seconds(to - from),
        ...(slept.name === undefined ? {} : { name: slept.name }),
      });
      if (to - from < all * MOSTLY) break;
      now = slept;
    }
    return links;
  }

  #endedBy(wait: Kept): Waker | undefined {
    const { waker } = wait;
    if (waker !== undefined) return ENDS_CHAIN.includes(waker.how) ? undefined : waker;
    // Without a recorder of wake-ups: a wait for a child tells which.
    return wait.child;
  }

  /** Logs of strace mostly tell no names: what has slept or ended in the trace is in it as well. */
  #isTraced(tid: number): boolean {
    return this.#known.isTraced(tid) || this.#of(tid).length > 0;
  }

  #commOf(tid: number): string {
    return this.#known.get(tid)?.comm ?? '';
  }

  #mostWithin(tid: number, from: Ns, to: Ns): Kept | undefined {
    let best: Kept | undefined;
    let most = (to - from) * SHARE;
    for (const wait of this.#of(tid)) {
      const overlap = Math.min(to, wait.endNs) - Math.max(from, wait.startNs);
      if (overlap > most) {
        most = overlap;
        best = wait;
      }
    }
    return best;
  }

  /** The sleeps of a thread, in the order of their ends. */
  #of(tid: number): readonly Kept[] {
    this.#sleeps ??= byThread(this.#longest.sorted().filter(({ sleeps }) => sleeps));
    return this.#sleeps.get(tid) ?? [];
  }

  /** Its long calls of which nobody knows whether they waited. */
  #callsOf(tid: number): readonly Kept[] {
    this.#calls ??= byThread(this.#longest.sorted().filter(({ sleeps }) => !sleeps));
    return this.#calls.get(tid) ?? [];
  }

  /** What a thread did from one moment to another that was no sleep of those that count, piece by piece. */
  #awake(tid: number, from: Ns, to: Ns, least: number): Awake[] {
    const pieces: Awake[] = [];
    const seenNs = Math.min(to, Math.max(from, this.#spent?.seenNs(tid) ?? from));
    let now = seenNs;
    if (now > from) pieces.push({ from, to: now, did: 'unknown' });
    for (const call of this.#callsOf(tid)) {
      const start = Math.max(now, call.startNs);
      const end = Math.min(to, call.endNs);
      if (end - start <= least) continue;
      pieces.push({ from: now, to: start, did: this.#mostly(tid, now, start) });
      pieces.push({
        from: start,
        to: end,
        did: 'unknown',
        ...(call.name === undefined ? {} : { name: call.name }),
      });
      now = end;
    }
    pieces.push({ from: now, to, did: this.#mostly(tid, now, to) });
    return pieces;
  }

  /** Short calls and what lies between them count as work, where all calls are told. */
  #mostly(tid: number, from: Ns, to: Ns): Awake['did'] {
    const isWhole = this.#isWhole();
    let unknown = 0;
    let stopped = 0;
    for (const { did, seconds } of this.#spent?.within(tid, from, to) ?? []) {
      if (did === 'absent' || (did === 'between-calls' && !isWhole)) unknown += seconds;
      else if (did === 'stopped') stopped += seconds;
    }
    const half = seconds(to - from) / 2;
    if (stopped > half) return 'stopped';
    return unknown > half ? 'unknown' : 'ran';
  }

  /**
   * What the moment `to` of a thread waited for, back to `from`: from each sleep to the one that ended it. In the order of
   * time; the pieces cover [from, to] without gap or overlap.
   */
  criticalPath(tid: number, from: Ns, to: Ns): PathStep[] {
    const steps: PathStep[] = [];
    let thread = tid;
    let now = Math.min(to, this.#known.get(tid)?.exitNs ?? to);
    let how: string | undefined;
    const least = (to - from) * STEP_SHARE;
    const step = (start: Ns, end: Ns, more: Pick<PathStep, 'did' | 'kind' | 'name'>) => {
      if (end <= start) return;
      steps.push({
        pid: this.#known.get(thread)?.pid ?? thread,
        tid: thread,
        comm: this.#commOf(thread),
        fromNs: start,
        toNs: end,
        ...more,
        ...(how === undefined ? {} : { how }),
      });
      how = undefined;
    };
    const awake = (start: Ns, end: Ns) => {
      if (end <= start) return;
      for (const piece of this.#awake(thread, start, end, least).toReversed())
        step(piece.from, piece.to, pieceOf(piece));
    };
    for (let hops = 0; now > from && steps.length < MOST_STEPS && hops < MOST_HOPS; hops++) {
      const { bornNs, parentTid = 0 } = this.#known.get(thread) ?? {};
      const since = bornNs === undefined ? from : Math.max(from, bornNs);
      const sleep = this.#of(thread).findLast(
        ({ startNs, endNs, waitedNs }) => startNs < now && endNs <= now && endNs > since && waitedNs > least,
      );
      const within = this.#of(thread).find(({ startNs, endNs }) => startNs < now && endNs > now);
      if (within !== undefined) {
        // It slept at this moment itself: who woke it comes later, so the sleep is all there is.
        step(Math.max(from, within.startNs), now, waited(within));
        now = within.startNs;
        continue;
      }
      if (sleep === undefined) {
        awake(since, now);
        now = Math.min(now, since);
        if (bornNs === undefined || bornNs <= from) break;
        how = 'spawn';
        thread = parentTid;
        continue;
      }
      awake(Math.max(from, sleep.endNs), now);
      now = sleep.endNs;
      const by = this.#endedBy(sleep);
      if (by !== undefined && by.tid !== thread && this.#isTraced(by.tid)) {
        how = by.how;
        thread = by.tid;
      } else {
        step(Math.max(from, sleep.startNs), now, waited(sleep));
        now = sleep.startNs;
      }
    }
    return steps.reverse();
  }
}

function waited({ kind, name }: Kept): Pick<PathStep, 'did' | 'kind' | 'name'> {
  return { did: 'waited', kind, ...(name === undefined ? {} : { name }) };
}

interface Awake {
  readonly from: Ns;
  readonly to: Ns;
  readonly did: 'ran' | 'stopped' | 'unknown';
  readonly name?: string;
}

function pieceOf({ did, name }: Awake): Pick<PathStep, 'did' | 'name'> {
  return { did, ...(name === undefined ? {} : { name }) };
}

function byThread(waits: readonly Kept[]): ReadonlyMap<number, readonly Kept[]> {
  const threads = new Map<number, Kept[]>();
  for (const wait of waits) {
    const list = threads.get(wait.tid);
    if (list) list.push(wait);
    else threads.set(wait.tid, [wait]);
  }
  for (const list of threads.values()) list.sort((a, b) => a.endNs - b.endNs);
  return threads;
}
