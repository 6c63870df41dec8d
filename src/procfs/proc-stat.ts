import { decimal, lines, words } from './text.ts';

/** Times of one CPU in ticks (100 a second) since boot. */
export interface CpuTimes {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly irq: number;
  readonly softirq: number;
  readonly steal: number;
}

/** /proc/stat, proc_stat(5). */
export interface SystemStat {
  readonly total?: CpuTimes;
  /** By number; a CPU that is offline has no line. */
  readonly cpus: ReadonlyMap<number, CpuTimes>;
  /** Boot, in seconds of the epoch. */
  readonly btime?: number;
  readonly ctxt?: number;
  /** Forks since boot. */
  readonly processes?: number;
  readonly procsRunning?: number;
  /** Tasks that wait for *I/O*: other tasks in D are not in it. */
  readonly procsBlocked?: number;
}

export function parseProcStat(text: string): SystemStat {
  const cpus = new Map<number, CpuTimes>();
  const counts = new Map<string, number | undefined>();
  let total: CpuTimes | undefined;
  for (const line of lines(text)) {
    const blank = line.indexOf(' ');
    const key = line.slice(0, Math.max(blank, 0));
    if (key === 'cpu') total = timesOf(line.slice(blank));
    else if (/^cpu\d{1,6}$/.test(key)) {
      const times = timesOf(line.slice(blank));
      if (times) cpus.set(Number(key.slice(3)), times);
    } else if (SINGLE.has(key)) counts.set(key, decimal(line.slice(blank + 1).trim()));
  }
  return {
    total,
    cpus,
    btime: counts.get('btime'),
    ctxt: counts.get('ctxt'),
    processes: counts.get('processes'),
    procsRunning: counts.get('procs_running'),
    procsBlocked: counts.get('procs_blocked'),
  };
}

const SINGLE = new Set(['btime', 'ctxt', 'processes', 'procs_running', 'procs_blocked']);

function timesOf(rest: string): CpuTimes | undefined {
  const [user, nice, system, idle, iowait, irq, softirq, steal] = words(rest).map(decimal);
  if (user === undefined || nice === undefined || system === undefined || idle === undefined)
    return undefined;
  if (iowait === undefined || irq === undefined || softirq === undefined || steal === undefined)
    return undefined;
  return { user, nice, system, idle, iowait, irq, softirq, steal };
}
