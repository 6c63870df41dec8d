import { PERF } from '../../perf/batch.ts';
import { PerfFile } from './perf-file.ts';

const MOST_BATCHES = 20;

export interface PerfTarget {
  readonly pid: number;
  readonly comm: string;
}

/**
 * The process that a recording of perf is about: that of `perf record -p PID`, else the first program that was started in it,
 * else whoever made the first call or switch. Undefined where nobody did anything.
 */
export function firstOfPerf(paths: readonly string[]): PerfTarget | undefined {
  const [path] = paths;
  if (path === undefined) return undefined;
  const file = new PerfFile(path, { originNs: 0n });
  try {
    const asked = askedFor(file.header.cmdline ?? []);
    let first: PerfTarget | undefined;
    const names = new Map<number, string>();
    for (let nth = 0; nth < MOST_BATCHES; nth++) {
      const batch = file.next();
      if (batch === undefined) break;
      for (let row = 0; row < batch.count; row++) {
        const kind = batch.kind[row];
        const pid = batch.pid[row]!;
        const text = batch.text[row]!;
        if (pid <= 0) continue;
        const named = text >= 0 && (kind === PERF.comm || kind === PERF.switch) ? file.text(text) : undefined;
        if (named !== undefined && batch.tid[row] === pid) names.set(pid, named);
        if (pid === asked && named !== undefined) return { pid, comm: named };
        if (asked === undefined && kind === PERF.comm && batch.a[row] === 1 && named !== undefined)
          return { pid, comm: named };
        if (kind === PERF.enter || kind === PERF.switch || kind === PERF.sample) first ??= { pid, comm: '' };
      }
    }
    const pid = asked ?? first?.pid;
    return pid === undefined ? undefined : { pid, comm: names.get(pid) ?? '' };
  } finally {
    file.close();
  }
}

/** `-p 4711`, `-p4711`, `--pid=4711,4712`: the first. */
function askedFor(cmdline: readonly string[]): number | undefined {
  for (const [at, word] of cmdline.entries()) {
    if (word === '--') break;
    const value =
      word === '-p' || word === '--pid' ? cmdline[at + 1] : /^(?:-p|--pid=)(\d.*)$/.exec(word)?.[1];
    const pid = Number.parseInt(value ?? '', 10);
    if (pid > 0) return pid;
  }
  return undefined;
}
