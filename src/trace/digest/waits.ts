import type { Ns, SyscallEvent, TraceEvent, TraceSink, Waker } from '../event.ts';
import { seconds } from './calls.ts';
import { Longest } from './longest.ts';
import { type WaitKind, waitKind } from './wait-kind.ts';

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
  readonly stack?: readonly string[];
  readonly chain: readonly ChainLink[];
}

/** What the one that ended a wait did while it lasted. */
export interface ChainLink {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** `slept`: in `name` for `seconds` of the wait; `ran`: it was at work; `outside`: it is not traced. */
  readonly did: 'slept' | 'ran' | 'outside';
  readonly name?: string;
  readonly args?: string;
  readonly kind?: WaitKind;
  readonly seconds?: number;
  /** How it ended the wait before it. */
  readonly how: string;
}

/** A piece of the way by which one moment led to another. */
export interface PathStep {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly fromNs: Ns;
  readonly toNs: Ns;
  readonly did: 'ran' | 'waited';
  /** For `waited`: on what. */
  readonly kind?: WaitKind;
  readonly name?: string;
  /** How the step before led to this one. */
  readonly how?: string;
}

interface Kept {
  readonly pid: number;
  readonly tid: number;
  readonly name?: string;
  readonly args: string;
  readonly result?: number;
  readonly errno?: string;
  readonly kind: WaitKind;
  readonly startNs: Ns;
  readonly endNs: Ns;
  readonly waitedNs: number;
  readonly open: boolean;
  readonly waker?: Waker;
  readonly stack?: readonly string[];
}

/** Sleeps kept: the longest of all; what is shorter decides nothing in a chain. */
const CAPACITY = 20_000;
const MOST_NAMES = 50_000;
const LONGEST_ARGS = 200;
const DEEPEST = 10;
const MOST_STEPS = 100;
/** Two that have woken each other at one moment would be followed for ever. */
const MOST_HOPS = 1000;
/** A sleep that covers less of a wait than this does not explain it. */
const SHARE = 0.05;

/** Nobody to follow: a clock, a device, the kernel itself. */
const ENDS_CHAIN: readonly string[] = ['timer', 'disk', 'interrupt', 'kernel', 'ptrace'];

/** Remembers the longest sleeps, and follows them from waker to waker. */
export class Waits implements TraceSink {
  readonly #longest = new Longest<Kept>(CAPACITY);
  readonly #comms = new Map<number, string>();
  readonly #pids = new Map<number, number>();
  readonly #exits = new Map<number, Ns>();
  readonly #births = new Map<number, { readonly at: Ns; readonly parentTid: number }>();
  #byThread: Map<number, Kept[]> | undefined;

  event(event: TraceEvent): void {
    if (event.type === 'syscall') this.#call(event);
    else if (event.type === 'state') {
      // Sleeps in calls are told by their calls.
      if (event.state !== 'blocked' || event.during !== undefined || !this.#longest.wants(event.durationNs))
        return;
      this.#longest.add(event.durationNs, {
        pid: event.pid,
        tid: event.tid,
        args: '',
        kind: waitKind(event.stack, undefined, '', event.kernelState),
        startNs: event.startNs,
        endNs: event.startNs + event.durationNs,
        waitedNs: event.durationNs,
        open: false,
        ...(event.waker === undefined ? {} : { waker: event.waker }),
        ...(event.stack === undefined ? {} : { stack: event.stack }),
      });
    } else if (event.type === 'comm' && this.#comms.size < MOST_NAMES) {
      this.#comms.set(event.tid, event.comm);
      this.#pids.set(event.tid, event.pid);
    } else if (event.type === 'spawn' && this.#births.size < MOST_NAMES)
      this.#births.set(event.childTid, { at: event.startNs, parentTid: event.tid });
    else if (event.type === 'exit' && this.#exits.size < MOST_NAMES)
      this.#exits.set(event.tid, event.startNs);
  }

  #call(event: SyscallEvent): void {
    // perf has a duration for a call that it saw end only: what is still in it sleeps, or would have come back.
    const waitedNs = event.blockedNs ?? event.durationNs;
    if (event.name === 'exit_group' || event.name === 'exit' || !this.#longest.wants(waitedNs)) return;
    this.#longest.add(waitedNs, {
      pid: event.pid,
      tid: event.tid,
      name: event.name,
      args: event.args.slice(0, LONGEST_ARGS),
      kind: waitKind(event.stack, event.name, event.args),
      startNs: event.startNs,
      endNs: event.startNs + event.durationNs + (event.ptraceNs ?? 0),
      waitedNs,
      open: event.open === 'end-of-trace',
      ...(event.result === undefined ? {} : { result: event.result }),
      ...(event.errno === undefined ? {} : { errno: event.errno }),
      ...(event.waker === undefined ? {} : { waker: event.waker }),
      ...(event.stack === undefined ? {} : { stack: event.stack }),
    });
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
    const { endNs, waitedNs, open, ...rest } = kept;
    return {
      ...rest,
      comm: this.#comms.get(kept.tid) ?? '',
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
      const comm = by.comm === '' ? (this.#comms.get(by.tid) ?? '') : by.comm;
      const base = { pid: by.pid, tid: by.tid, comm, how: by.how };
      if (!this.#isTraced(by.tid)) {
        links.push({ ...base, did: 'outside' });
        break;
      }
      const slept = this.#mostWithin(by.tid, from, to);
      if (slept === undefined) {
        links.push({ ...base, did: 'ran' });
        break;
      }
      from = Math.max(from, slept.startNs);
      to = Math.min(to, slept.endNs);
      links.push({
        ...base,
        did: 'slept',
        kind: slept.kind,
        args: slept.args,
        seconds: seconds(to - from),
        ...(slept.name === undefined ? {} : { name: slept.name }),
      });
      now = slept;
    }
    return links;
  }

  #endedBy(wait: Kept): { pid: number; tid: number; comm: string; how: string } | undefined {
    const { waker } = wait;
    if (waker !== undefined) return ENDS_CHAIN.includes(waker.how) ? undefined : waker;
    // Without a recorder of wake-ups: a wait for a child names it in its result.
    if (wait.kind === 'wait-child' && wait.result !== undefined && wait.result > 0)
      return {
        pid: wait.result,
        tid: wait.result,
        comm: this.#comms.get(wait.result) ?? '',
        how: 'child-exit',
      };
    return undefined;
  }

  /** Logs of strace mostly tell no names: what has slept or ended in the trace is in it as well. */
  #isTraced(tid: number): boolean {
    return this.#comms.has(tid) || this.#exits.has(tid) || this.#of(tid).length > 0;
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

  #of(tid: number): readonly Kept[] {
    if (this.#byThread === undefined) {
      this.#byThread = new Map();
      for (const wait of this.#longest.sorted()) {
        const list = this.#byThread.get(wait.tid);
        if (list) list.push(wait);
        else this.#byThread.set(wait.tid, [wait]);
      }
      for (const list of this.#byThread.values()) list.sort((a, b) => a.endNs - b.endNs);
    }
    return this.#byThread.get(tid) ?? [];
  }

  /**
   * What the moment `to` of a thread waited for, back to `from`: from each sleep to the one that ended it. In the order of
   * time; the pieces cover [from, to] without gap or overlap.
   */
  criticalPath(tid: number, from: Ns, to: Ns): PathStep[] {
    const steps: PathStep[] = [];
    let thread = tid;
    let now = Math.min(to, this.#exits.get(tid) ?? to);
    let how: string | undefined;
    const step = (start: Ns, end: Ns, more: Pick<PathStep, 'did' | 'kind' | 'name'>) => {
      if (end <= start) return;
      steps.push({
        pid: this.#pids.get(thread) ?? thread,
        tid: thread,
        comm: this.#comms.get(thread) ?? '',
        fromNs: start,
        toNs: end,
        ...more,
        ...(how === undefined ? {} : { how }),
      });
      how = undefined;
    };
    for (let hops = 0; now > from && steps.length < MOST_STEPS && hops < MOST_HOPS; hops++) {
      const born = this.#births.get(thread);
      const since = Math.max(from, born?.at ?? from);
      const sleep = this.#of(thread).findLast(
        ({ startNs, endNs, waitedNs }) => startNs < now && endNs <= now && endNs > since && waitedNs > 0,
      );
      const within = this.#of(thread).find(({ startNs, endNs }) => startNs < now && endNs > now);
      if (within !== undefined) {
        // It slept at this moment itself: who woke it comes later, so the sleep is all there is.
        step(Math.max(from, within.startNs), now, waited(within));
        now = within.startNs;
        continue;
      }
      if (sleep === undefined) {
        step(since, now, { did: 'ran' });
        now = since;
        if (born === undefined || born.at <= from) break;
        how = 'spawn';
        thread = born.parentTid;
        continue;
      }
      step(Math.max(from, sleep.endNs), now, { did: 'ran' });
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
