import { PERF } from '../../perf/batch.ts';
import { ImportError } from './import-error.ts';
import { PerfFile } from './perf-file.ts';

const MOST_ROWS = 1_000_000;

/** Refuses recordings that saw the same threads: all that these did would count twice. */
export function checkApart(paths: readonly string[]): void {
  if (paths.length < 2) return;
  const seenIn = new Map<number, string>();
  for (const path of paths) {
    for (const tid of threadsOf(path)) {
      const other = seenIn.get(tid);
      if (other !== undefined && other !== path) {
        throw new ImportError(
          `${JSON.stringify(other)} and ${JSON.stringify(path)} have both recorded thread ${tid}: give one of the two`,
        );
      }
      seenIn.set(tid, path);
    }
  }
}

/** Threads whose calls or switches a recording has, as far as its beginning tells. */
function threadsOf(path: string): Set<number> {
  const file = new PerfFile(path, { originNs: 0n });
  const threads = new Set<number>();
  try {
    let rows = 0;
    for (let batch = file.next(); batch !== undefined && rows < MOST_ROWS; batch = file.next()) {
      for (let row = 0; row < batch.count; row++) {
        const kind = batch.kind[row];
        if ((kind === PERF.enter || kind === PERF.switch) && batch.tid[row]! > 0)
          threads.add(batch.tid[row]!);
      }
      rows += batch.count;
    }
  } finally {
    file.close();
  }
  return threads;
}
