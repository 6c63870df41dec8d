import { type LoggedTask, parseKernelLog } from '../procfs/kernel-log/index.ts';
import { classifyFrames, type Subsystem } from '../waits/frames/index.ts';
import { followOwners } from './stack-chains.ts';
import { groupTasks } from './stack-groups.ts';
import { refusalFor } from './stack-refusal.ts';
import type { StackRefusal, StackReport, StackTask } from './stack-types.ts';

/** Reads kernel stacks out of any text that has them and says of each task what it waits for. Pure. */
export function interpretStacks(text: string): StackReport | StackRefusal {
  const logged = parseKernelLog(text);
  if (logged.length === 0) return { error: refusalFor(text) };
  const owners = new Set(logged.flatMap((task) => (task.blocker ? [task.blocker.pid] : [])));
  const tasks = logged.map((task) => interpret(task, owners));
  const byPid = new Map<number, StackTask>();
  for (const task of tasks) {
    // The newest stack of a task that moved on; but one that names its own owner leads further.
    if (task.pid !== null && !byPid.get(task.pid)?.blocker) byPid.set(task.pid, task);
  }
  const linked = tasks.map((task) => {
    const chain = followOwners(task, byPid);
    return chain ? { ...task, chain: chain.links, ...(chain.cycle ? { cycle: true } : {}) } : task;
  });
  return { schemaVersion: 1, tasks: linked, groups: groupTasks(linked) };
}

function interpret(task: LoggedTask, owners: ReadonlySet<number>): StackTask {
  const sure = task.frames.filter((frame) => !frame.uncertain);
  // With nothing but `?` frames (a corrupted stack) they are all there is to go by.
  const frames = sure.length > 0 ? sure : task.frames;
  const found = classifyFrames(
    frames.map((frame) => frame.name),
    {
      ...(task.state === undefined ? {} : { state: task.state }),
      ...(task.comm === undefined ? {} : { comm: task.comm }),
      ...(task.kthread === undefined ? {} : { kthread: task.kthread }),
      ...(sure.length > 0 ? {} : { uncertain: true }),
      modules: frames.map((frame) => frame.module),
    },
  );
  const isOwner = task.pid !== undefined && owners.has(task.pid);
  const { benign, subsystem, waitsFor } = known(task, found);
  return {
    comm: task.comm ?? null,
    pid: task.pid ?? null,
    state: task.state ?? null,
    subsystem,
    waitsFor,
    benign: task.reported ? false : benign === true && (isOwner || isNobodys(task)) ? null : benign,
    frames: task.frames.map(({ name, module, uncertain }) => ({
      name,
      ...(module === undefined ? {} : { module }),
      ...(uncertain ? { uncertain } : {}),
    })),
    ...(found.mechanism === undefined ? {} : { mechanism: found.mechanism }),
    ...(found.frame === undefined ? {} : { frame: found.frame }),
    // khungtaskd skips TASK_KILLABLE sleepers, so a reported task cannot be killed.
    ...killability(task.reported ? false : (found.killable ?? null)),
    ...(task.blocker
      ? { blocker: { pid: task.blocker.pid, comm: task.blocker.comm, lock: task.blocker.lock } }
      : {}),
    ...(task.reported ? { reported: true } : {}),
    ...(task.seconds === undefined ? {} : { seconds: task.seconds }),
    ...(task.ioWait ? { ioWait: true } : {}),
    ...(task.workqueue === undefined ? {} : { workqueue: task.workqueue }),
    ...(isOwner ? { owner: true } : {}),
    ...(task.times > 1 ? { times: task.times } : {}),
  };
}

/**
 * A bare stack: neither whose it is nor in which state it was. People paste those when something hangs, and one thread
 * in epoll is no proof that its process is well.
 */
function isNobodys({ pid, comm, state }: LoggedTask): boolean {
  return pid === undefined && comm === undefined && state === undefined;
}

function killability(killable: boolean | null): { killable?: boolean } {
  return killable === null ? {} : { killable };
}

const LOCKS: Readonly<Record<string, Subsystem>> = {
  mutex: 'mutex',
  semaphore: 'mutex',
  'rw-semaphore': 'rwsem',
};

/** What the report itself says helps where the stack says nothing. */
function known(
  task: LoggedTask,
  found: { subsystem: Subsystem; waitsFor: string; benign: boolean | null },
): { subsystem: Subsystem; waitsFor: string; benign: boolean | null } {
  if (found.subsystem !== 'unknown') return found;
  const lock = task.blocker?.lock ?? task.lock;
  const subsystem = lock === undefined ? undefined : LOCKS[lock];
  if (subsystem) return { subsystem, waitsFor: `a kernel ${lock}`, benign: false };
  if (task.ioWait && task.frames.length === 0) {
    return {
      subsystem: 'block-io',
      waitsFor: 'I/O, as the kernel says; its stack is not in the text',
      benign: false,
    };
  }
  return found;
}
