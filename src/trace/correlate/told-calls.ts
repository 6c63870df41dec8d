import type { Ns, SyscallEvent } from '../event.ts';
import type { Births } from './births.ts';
import type { CallNames } from './call-names.ts';
import { BOTH, callEvent, execEvent, perfCallEvent, STRACE, timesUntil } from './events.ts';
import type { CorrelatorOptions } from './options.ts';
import type { Loss, QualityCounter } from './quality.ts';
import { NOT_BEGUN, sameResult } from './results.ts';
import type { PerfReturn, Thread, Window } from './thread.ts';
import type { Threads } from './threads.ts';

/** TASK_COMM_LEN without its NUL. */
export const LONGEST_COMM = 15;

/** Tells each call once, when all is known of it that will be: as a pair, or as what one source alone saw. */
export class ToldCalls {
  protected readonly options: CorrelatorOptions;
  readonly #threads: Threads;
  readonly #names: CallNames;
  readonly #births: Births;
  readonly #quality: QualityCounter;

  constructor(
    options: CorrelatorOptions,
    threads: Threads,
    names: CallNames,
    births: Births,
    quality: QualityCounter,
  ) {
    this.options = options;
    this.#threads = threads;
    this.#names = names;
    this.#births = births;
    this.#quality = quality;
  }

  /** Nothing more belongs to the call of strace that the thread is in. `open`: why, where it has not returned. */
  closeWindow(thread: Thread, at: Ns, open: SyscallEvent['open']): void {
    const { window } = thread;
    if (window !== undefined) this.windowOver(thread, window, at, open);
  }

  /** Nothing more belongs to the call of perf that the thread is in. */
  closeEnter(thread: Thread, at: Ns, open: SyscallEvent['open']): void {
    const { enter } = thread;
    if (enter === undefined) return;
    thread.enter = undefined;
    // The window tells it when it is closed.
    if (enter.window !== undefined) return;
    const times = timesUntil(thread, enter, at, undefined, this.options.scheduled);
    this.options.sink.event(perfCallEvent(thread, this.#names.of(thread, enter), enter, times, open));
  }

  /** A call without a partner has returned. */
  perfReturned(thread: Thread, enter: NonNullable<Thread['enter']>, ended: PerfReturn): void {
    this.options.sink.event(perfCallEvent(thread, this.#names.of(thread, enter), enter, ended));
  }

  /** The window is over: what there is of the call is told. */
  windowOver(thread: Thread, window: Window, at: Ns, open?: SyscallEvent['open']): void {
    const { sink, scheduled } = this.options;
    if (thread.window === window) thread.window = undefined;
    const { call, enter, exit } = window;
    const still = enter !== undefined && thread.enter === enter;
    if (still) thread.enter = undefined;
    if (enter === undefined) {
      if (this.options.hasPerf) this.#quality.lose(this.#lossOf(thread, window, at), window.at, at);
      this.straceAlone(thread, window, at, open);
      return;
    }
    const same = exit?.returned === undefined ? undefined : sameResult(call, exit.returned);
    if (same === false) {
      this.#quality.wrongPairsRefused++;
      this.#quality.lose('other', window.at, at);
      this.straceAlone(thread, window, at, open);
      const times = exit ?? timesUntil(thread, enter, at, undefined, scheduled);
      sink.event(perfCallEvent(thread, this.#names.of(thread, enter), enter, times));
      return;
    }
    this.#quality.matched++;
    if (same === true) this.#quality.resultsCompared++;
    // What never returns, or has not, is told as far as it went; where perf lost the return, strace knows how long it took.
    const until = thread.perfExit?.at ?? at;
    const isLost = call.state === 'done' && !Number.isNaN(call.durationNs);
    const times =
      exit ?? (still && !isLost ? timesUntil(thread, enter, until, undefined, scheduled) : undefined);
    const durationNs =
      times === undefined
        ? this.#within(enter.at, Number.isNaN(call.durationNs) ? until - enter.at : call.durationNs)
        : Math.max(0, times.at - enter.at - (times.ptraceNs ?? 0));
    sink.event(
      callEvent(thread, window, { sources: BOTH, startNs: enter.at, durationNs, exit: times, open }),
    );
    this.exec(thread, window, exit?.at ?? at);
  }

  /** Why perf has no enter of a call whose time went to `until`. */
  #lossOf(thread: Thread, window: Window, until: Ns): Loss {
    const { perfWindow, blind } = this.options;
    if (blind.has(thread.tid)) return 'blindThread';
    if (perfWindow !== undefined && window.at < perfWindow.from) return 'beforePerf';
    if (perfWindow !== undefined && window.at > perfWindow.to) return 'afterDetach';
    if (neverBegan(window)) return 'neverBegun';
    // strace held it when perf was stopped, and let it go on after that.
    if (perfWindow !== undefined && until >= perfWindow.to && !window.seen) return 'afterDetach';
    return thread.perfed ? 'other' : 'blindThread';
  }

  protected straceAlone(thread: Thread, window: Window, at: Ns, open?: SyscallEvent['open']): void {
    const { call } = window;
    const { endNs, perfWindow, sink } = this.options;
    const lasted = Number.isNaN(call.durationNs) ? this.#untilNow(window, at) : call.durationNs;
    // strace attaches before the recording begins: what it found each thread in belongs to it from then on only.
    const before = endNs === undefined ? 0 : Math.max(0, (perfWindow?.from ?? 0) - window.at);
    const early = before > 0 && lasted > before;
    const startNs = early ? window.at + before : window.at;
    const durationNs = this.#within(startNs, early ? lasted - before : lasted);
    sink.event(
      callEvent(thread, window, { sources: STRACE, startNs, durationNs, exit: undefined, open, early }),
    );
    this.#births.ofStrace(thread, window, at);
    this.exec(thread, window, at);
  }

  /** strace may tell the return of a call when the recording is over: what came behind is no time of it. */
  #within(startNs: Ns, durationNs: number): number {
    const { endNs } = this.options;
    return Math.max(0, endNs === undefined ? durationNs : Math.min(durationNs, endNs - startNs));
  }

  /** How long a call has lasted that strace has no time of. */
  #untilNow({ call, at: began }: Window, at: Ns): number {
    if (call.state === 'done') return 0;
    // It was in it still when strace let go of it.
    const until = call.state === 'detached' ? (this.options.endNs ?? at) : at;
    return Math.max(0, until - began);
  }

  protected exec(thread: Thread, window: Window, at: Ns): void {
    const event = execEvent(thread, window, at);
    if (event === undefined) return;
    // Without perf and --decode-pids nothing else tells a name: that of the file, cut as the kernel does.
    if (window.call.comm === undefined && !this.options.hasPerf && event.path !== undefined)
      this.#threads.name(thread, event.path.replace(/^.*\//, '').slice(0, LONGEST_COMM), at, STRACE);
    this.options.sink.event(event);
  }
}

/**
 * The kernel gave it up in the stop of its entry: the thread was killed there, or its seccomp filter refused the call. perf
 * tells a return then, and no enter.
 */
function neverBegan({ call, returnedOnly, refused }: Window): boolean {
  if (returnedOnly === undefined || refused) return false;
  if (call.state !== 'done') return returnedOnly === NOT_BEGUN;
  return call.errno !== undefined && sameResult(call, returnedOnly) === true;
}
