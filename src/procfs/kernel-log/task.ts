import type { Blocker } from './blocker.ts';
import type { Frame } from './frames.ts';
import type { HungLine, TaskHeader } from './task-header.ts';

/** A task of which a text shows the kernel stack. */
export interface LoggedTask {
  comm?: string;
  /** The name in the `task:` line, where khungtaskd's own line has another one (the leader's). */
  threadComm?: string;
  pid?: number;
  tgid?: number;
  ppid?: number;
  /** R S D T t Z X I … */
  state?: string;
  /** A kernel thread, where the text tells. */
  kthread?: boolean;
  /** The work item of a kworker: `writeback wb_workfn (flush-8:0)`. */
  workqueue?: string;
  /** khungtaskd reported it: it slept uninterruptibly, without one switch, for `seconds` at least. */
  reported: boolean;
  /** The report said `blocked in I/O wait`. */
  ioWait?: boolean;
  seconds?: number;
  /** How often it stands in the text with this same stack. */
  times: number;
  /** The kind of lock that the kernel says it waits for, when it could not name the owner. */
  lock?: string;
  blocker?: Blocker;
  /** Innermost first. */
  frames: Frame[];
  /** Line number (from 1) where it begins. */
  line: number;
}

const PF_KTHREAD = 0x200000;

/** A task as its header says; more is added as the lines come. */
export function taskOf(header: TaskHeader, line: number): LoggedTask {
  const task: LoggedTask = { reported: false, times: 1, frames: [], line };
  addHeader(task, header);
  return task;
}

/** Adds what a header line says; what an earlier line said of the name stays. */
export function addHeader(task: LoggedTask, header: TaskHeader): void {
  if (header.comm !== undefined && header.comm !== '') {
    if (task.comm === undefined) task.comm = header.comm;
    else if (task.comm !== header.comm) task.threadComm = header.comm;
  }
  if (header.pid !== undefined) task.pid ??= header.pid;
  if (header.tgid !== undefined) task.tgid ??= header.tgid;
  if (header.ppid !== undefined) task.ppid ??= header.ppid;
  if (header.state !== undefined) task.state ??= header.state;
  if (header.taskFlags !== undefined) task.kthread = (header.taskFlags & PF_KTHREAD) !== 0;
  else if (header.ppid === 2) task.kthread ??= true;
}

/** A task that khungtaskd has just announced. */
export function taskOfReport(hung: HungLine, line: number): LoggedTask {
  return {
    comm: hung.comm,
    pid: hung.pid,
    // khungtaskd looks at nothing else (check_hung_uninterruptible_tasks).
    state: 'D',
    reported: true,
    ...(hung.ioWait ? { ioWait: true } : {}),
    seconds: hung.seconds,
    times: 1,
    frames: [],
    line,
  };
}
