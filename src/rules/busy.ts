import type { ThreadEvidence } from '../evidence/thread.ts';
import { lineFact } from '../waits/facts.ts';
import type { Blame } from './blame.ts';
import type { Finding, Remedy } from './rule.ts';

/** A thread that runs (or wants to) at every look and gets this share of a CPU is busy; the rest others took from it. */
const BUSY_SHARE = 0.25;
/** One that has not slept in between is busy with any share: on a crowded host there is not more to be had. */
const CROWDED_SHARE = 0.02;

interface Spent {
  readonly thread: ThreadEvidence;
  /** CPU seconds between the looks. */
  readonly user: number;
  readonly system: number;
  /** Of one CPU, 0 to 1. */
  readonly share: number;
}

/** The busiest thread of the target that was runnable at every look; undefined with one look only, or when there is none. */
function cpuOf(blame: Blame): Spent | undefined {
  if (!blame.sampled || blame.spanSeconds <= 0) return undefined;
  let busiest: Spent | undefined;
  for (const thread of blame.target.threads) {
    const spent = thread.cpuBetweenLooks;
    if (spent === undefined || !thread.states.every((state) => state === 'R')) continue;
    const share = Math.min(1, (spent.user + spent.system) / blame.spanSeconds);
    if (busiest === undefined || share > busiest.share) busiest = { thread, ...spent, share };
  }
  return busiest;
}

/** The finding of a target that burns CPU mostly in user code, or mostly in the kernel. */
export function busyFindings(blame: Blame, mode: 'user' | 'system', more: readonly Remedy[] = []): Finding[] {
  const spent = cpuOf(blame);
  if (spent === undefined) return [];
  if (spent.share < (spent.thread.sleptBetweenLooks === false ? CROWDED_SHARE : BUSY_SHARE)) return [];
  if (spent.system > spent.user !== (mode === 'system')) return [];
  const { target } = blame;
  const { thread } = spent;
  const code = mode === 'user' ? 'user code' : 'the kernel';
  const where = thread.isLeader ? '' : ` (thread ${thread.tid} ${thread.comm})`;
  const percent = Math.round(spent.share * 100);
  const part = Math.round((spent[mode] / (spent.user + spent.system)) * 100);
  return [
    {
      severity: 'info',
      confidence: 'certain',
      because: `${percent} % of one CPU between the looks, most of it in ${code}`,
      title: `busy in ${code}: it is not blocked at all${where}`,
      summary: `${target.pid} ${target.comm} burns ${percent} % of a CPU${where}, ${part} % of that in ${code}.`,
      culprit: blame.node,
      chain: [],
      facts: lineFact(blame.evidence, `${thread.dir}/status`, 'State:'),
      weight: 25,
      remedies: [
        { command: `perf top -p ${target.pid}`, effect: 'shows in which functions', risk: 'little' },
        ...more,
      ],
    },
  ];
}
