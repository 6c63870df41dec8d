/** A thread of the tree that perf did not open itself, as far as it matters here. */
export interface Candidate {
  readonly pid: number;
  readonly tid: number;
  /** The parent process. */
  readonly ppid: number;
  /** Clock ticks since boot; undefined when not known. */
  readonly startTime: number | undefined;
}

export interface Coverage {
  /** Surely not recorded. */
  readonly blind: readonly number[];
  /** Born while perf opened its events: recorded or not, nobody can tell. */
  readonly unknown: readonly number[];
}

/**
 * Which threads a perf that opened `opened` between two moments does not record. Threads and children that are born after it
 * has opened the events of their maker inherit them; those that were born before and not found by it do not.
 */
export function coverageOf(
  tasks: readonly Candidate[],
  opened: ReadonlySet<number>,
  span: { readonly from: number; readonly to: number } | undefined,
): Coverage {
  const byTid = new Map(tasks.map((task) => [task.tid, task]));
  const known = new Map<number, 'covered' | 'blind' | 'unknown'>();
  const judge = (task: Candidate): 'covered' | 'blind' | 'unknown' => {
    const before = known.get(task.tid);
    if (before !== undefined) return before;
    // What it is if its chain of makers comes back to itself, which a number that was given anew could do.
    known.set(task.tid, 'unknown');
    const verdict = opened.has(task.tid) ? 'covered' : judgeBirth(task);
    known.set(task.tid, verdict);
    return verdict;
  };
  const judgeBirth = (task: Candidate) => {
    if (span === undefined || task.startTime === undefined) return 'unknown';
    if (task.startTime < span.from) return 'blind';
    if (task.startTime <= span.to) return 'unknown';
    // Which thread made it is not told: processes are mostly recorded as a whole.
    const maker = byTid.get(task.tid === task.pid ? task.ppid : task.pid);
    return maker === undefined || maker === task ? 'covered' : judge(maker);
  };
  const blind: number[] = [];
  const unknown: number[] = [];
  for (const task of tasks) {
    const verdict = judge(task);
    if (verdict === 'blind') blind.push(task.tid);
    else if (verdict === 'unknown') unknown.push(task.tid);
  }
  return { blind, unknown };
}
