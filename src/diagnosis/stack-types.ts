import type { Subsystem } from '../waits/frames/index.ts';

/** One task on a chain of lock owners. */
export interface StackLink {
  readonly pid: number | null;
  readonly comm: string | null;
  /** null when the text has no stack of it. */
  readonly waitsFor: string | null;
  /** The kind of lock it waits for, held by the next one. */
  readonly lock?: string;
}

/** A frame as it goes out: `uncertain` = printed with `?`. */
export interface StackFrame {
  readonly name: string;
  readonly module?: string;
  readonly uncertain?: boolean;
}

/** A task of the text, and what its stack says. */
export interface StackTask {
  readonly comm: string | null;
  readonly pid: number | null;
  readonly state: string | null;
  readonly subsystem: Subsystem;
  readonly waitsFor: string;
  /** true: a healthy sleep; false: blocked; null: the text cannot tell. */
  readonly benign: boolean | null;
  /** Innermost first. */
  readonly frames: readonly StackFrame[];
  /** The kind of lock or page wait, where `subsystem` says something else. */
  readonly mechanism?: Subsystem;
  /** The function that decided. */
  readonly frame?: string;
  readonly killable?: boolean;
  /** The owner of the lock, as the kernel named it. */
  readonly blocker?: { readonly pid: number; readonly comm: string; readonly lock: string };
  /** From this task to the end of the chain of owners. */
  readonly chain?: readonly StackLink[];
  /** The chain leads back into itself: a deadlock. */
  readonly cycle?: boolean;
  /** khungtaskd reported it (after `seconds` without one switch). */
  readonly reported?: boolean;
  readonly seconds?: number;
  /** The report said `blocked in I/O wait`. */
  readonly ioWait?: boolean;
  /** A kworker's work item, e.g. `writeback wb_workfn (flush-8:0)`: the device stands in it. */
  readonly workqueue?: string;
  /** Named as the owner of a lock that another task waits for. */
  readonly owner?: boolean;
  /** How often the text has this same stack. */
  readonly times?: number;
}

/** Tasks that wait for the same thing. */
export interface StackGroup {
  readonly subsystem: Subsystem;
  readonly waitsFor: string;
  readonly benign: boolean | null;
  readonly tasks: readonly { readonly pid: number | null; readonly comm: string | null }[];
  /** The task that holds what they wait for, as the kernel says. */
  readonly owner?: { readonly pid: number; readonly comm: string };
  /** Others wait for locks that these hold, and no named owner is behind them: where to look first. */
  readonly root?: boolean;
}

export interface StackReport {
  readonly schemaVersion: 1;
  readonly tasks: readonly StackTask[];
  readonly groups: readonly StackGroup[];
}

/** The text holds no kernel stack. */
export interface StackRefusal {
  readonly error: string;
}
