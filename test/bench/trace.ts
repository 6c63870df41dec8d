/**
 * `npx tsx test/bench/trace.ts [LINES [RECORDS]]`: how long a long recording takes to be read, correlated and digested, beside a plain
 * readline loop over its log. As root, with strace, perf and gcc.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { compiled } from '../live/compiled.ts';

const directory = mkdtempSync(join(tmpdir(), 'procdiag-bench-'));
try {
  const program = join(directory, 'run.mjs');
  // As it is shipped: run from its source it would be slower than it is.
  buildSync({
    entryPoints: [join(import.meta.dirname, 'trace-correlate.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  const { status } = spawnSync(
    process.execPath,
    [program, compiled('truth'), process.argv[2] ?? '2400000', process.argv[3] ?? '1100000'],
    {
      stdio: 'inherit',
    },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
