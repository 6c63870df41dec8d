/** Who holds the lock that a task waits for, as the kernel says it (CONFIG_DETECT_HUNG_TASK_BLOCKER, 6.16 and later). */
export interface Blocker {
  readonly pid: number;
  readonly comm: string;
  /** `mutex`, `semaphore` or `rw-semaphore`. */
  readonly lock: string;
  /** How the owner holds an rw-semaphore: `reader` or `writer`. */
  readonly ownerRole?: string;
}

/** A line in which khungtaskd says what kind of lock a task waits for. */
export interface BlockerLine {
  readonly comm: string;
  readonly pid: number;
  /** The waiting side of an rw-semaphore. */
  readonly role?: string;
  readonly lock: string;
  /** Missing when the kernel could not find the owner. */
  readonly blocker?: Blocker;
}

/**
 * kernel/hung_task.c, debug_show_blocker(): `task A:1 is blocked on a mutex likely owned by task B:2.`, `… on a semaphore
 * likely last held by …`, `task A:1 <writer> blocked on an rw-semaphore likely owned by task B:2 <reader>`, `…, but the
 * owner is not found.`
 */
const WAITER =
  /^(?:INFO: )?task (.{1,64}?):(\d{1,10})(?:\(T\d{1,10}\))?(?: <(\w{1,20})>)? (?:is |was )?blocked on an? ([\w-]{1,30})/;
const OWNER =
  /\b(?:owned|held|locked) by task (.{1,64}):(\d{1,10})(?:\(T\d{1,10}\))?(?: <(\w{1,20})>)?\.?(?:\s|$)/;

/** Reads a blocker line; undefined when `content` is none. */
export function parseBlockerLine(content: string): BlockerLine | undefined {
  if (!content.includes('blocked on a')) return undefined;
  const waiter = WAITER.exec(content);
  if (!waiter) return undefined;
  const [head, comm, pid, role, lock] = waiter;
  const owner = OWNER.exec(content.slice(head.length));
  return {
    comm: comm!.trim(),
    pid: Number(pid),
    ...(role === undefined ? {} : { role }),
    lock: lock!,
    ...(owner
      ? {
          blocker: {
            pid: Number(owner[2]),
            comm: owner[1]!.trim(),
            lock: lock!,
            ...(owner[3] === undefined ? {} : { ownerRole: owner[3] }),
          },
        }
      : {}),
  };
}
