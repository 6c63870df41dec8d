import type { Ns, Waker } from '../event.ts';
import { PERF, type PerfBatch, type PerfSource } from '../perf/batch.ts';

/** What a thread slept in when the recording began; told by /proc, and true until its first event says otherwise. */
export interface Asleep {
  readonly state: string;
  readonly nr?: number;
  readonly args?: string;
  readonly stack?: readonly string[];
}

/**
 * What /proc told of a thread before the recorders were switched on: it slept in a call. Whether it did still when the
 * recording began is not known before perf's next word of it: strace's attaching breaks each sleep off, and the thread goes
 * into its call anew, or is held before it, when perf begins. So wake-ups and the CPU that it got are kept until then.
 */
export interface FirstSleep {
  readonly told: Asleep;
  /** The first wake-up, other than by the tracer. */
  woken: { readonly at: Ns; readonly waker: Waker } | undefined;
  /** When it got a CPU first. */
  ran: Ns | undefined;
}

/** `slept`: it was in that call; `awake`: it was not, or has left it before; `open`: this row does not tell. */
export type Verdict = 'slept' | 'awake' | 'open';

/**
 * What the first rows of a thread say of its first sleep. Only a return from the call, or another sleep, proves that it was
 * in it: whoever comes to begin a call was not.
 */
export function verdictOf(
  { told, ran }: FirstSleep,
  batch: PerfBatch,
  row: number,
  source: PerfSource,
  restarted: number | undefined,
): Verdict {
  const number = batch.a[row]!;
  switch (batch.kind[row]) {
    case PERF.enter:
      return 'awake';
    case PERF.exit:
      return number === told.nr || number === restarted ? 'slept' : 'awake';
    case PERF.switch: {
      if (ran === undefined || number & (TRACED | DEAD)) return 'awake';
      const stack = batch.stack[row]! < 0 ? [] : source.stack(batch.stack[row]!);
      return stack.some((frame) => OUTSIDE.test(frame)) ? 'awake' : 'slept';
    }
    default:
      return 'open';
  }
}

/** Bits of prev_state (see scheduler.ts). */
const TRACED = 8;
const DEAD = 0x30;
/** The tracer's stops, and the way back to the program. */
const OUTSIDE =
  /^(?:ptrace_stop|ptrace_notify|exit_to_user_mode|irqentry_exit_to_user_mode|do_notify_resume)/;
