/**
 * `npm run bench [ROUNDS] [PROCESSES]`: start-up and inspect on a busy host, paired against `node -e 0`; reading against a C
 * program.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLive } from '../../src/evidence/live/live-source.ts';
import { openCrowd } from './crowd.ts';
import { median, paired } from './paired.ts';

const ROUNDS = Number(process.argv[2] ?? 25);
const EXTRA_PROCESSES = Number(process.argv[3] ?? 500);
const bin = join(import.meta.dirname, '../../bin/procdiag.cjs');
const node = process.execPath;
const dir = mkdtempSync(join(tmpdir(), 'procdiag-bench-'));
const crowd = openCrowd();
crowd.removes(dir);
// Whoever reads has enough (`npm run bench | head`): no more is measured.
process.stdout.on('error', () => process.exit(1));

try {
  await crowd.sleepers(EXTRA_PROCESSES);
  const threads = compiled('threads');
  const single = await crowd.program(threads, ['1']);
  const many = await crowd.program(threads, ['1000']);
  const inspect = (pid: number, ...flags: string[]) => [node, bin, 'inspect', String(pid), ...flags] as const;
  const codes = [0, 1];

  print(
    `start-up on a host with ${EXTRA_PROCESSES} more processes, ${ROUNDS} rounds (node ${process.version}):`,
  );
  for (const { name, ms, ratio } of paired(
    [
      { name: 'node -e 0', argv: [node, '-e', '0'] },
      { name: 'procdiag --version', argv: [node, bin, '--version'] },
      { name: 'procdiag --help', argv: [node, bin, '--help'] },
      { name: 'procdiag inspect --help', argv: [node, bin, 'inspect', '--help'] },
      { name: 'procdiag inspect, 1 thread', argv: inspect(single), codes },
      { name: 'procdiag inspect --json', argv: inspect(single, '--json'), codes },
      { name: '  the same, 1000 threads', argv: inspect(many, '--json'), codes },
    ],
    ROUNDS,
  )) {
    print(`  ${name.padEnd(32)} ${ms.toFixed(1).padStart(8)} ms  ${ratio.toFixed(2).padStart(6)} x`);
  }

  print('reading status, stat, wchan, syscall, stack, sched, schedstat of all threads, median:');
  const reads = compiled('reads');
  for (const [pid, threads] of [
    [single, 1],
    [many, 1000],
  ] as const) {
    const floor = Number(spawnSync(reads, [String(pid), '20'], { encoding: 'utf8' }).stdout) / 1000;
    const ours = await readingTime(pid);
    const by = (ours / floor).toFixed(1);
    print(
      `  ${String(threads).padStart(4)} threads: C ${floor.toFixed(2)} ms, procdiag ${ours.toFixed(2)} ms, ${by} x`,
    );
  }
} finally {
  await crowd.close();
}

/** The same files through the source that inspect reads with, children with deadlines included. */
async function readingTime(pid: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 10; round++) {
    const started = performance.now();
    const source = openLive({ timeoutMs: 10_000 });
    const listed = (await source.fetch([`/proc/${pid}/task/`], 0)).get(`/proc/${pid}/task/`);
    const tids = listed?.kind === 'text' ? listed.text.split('\n') : [];
    const files = ['status', 'stat', 'wchan', 'syscall', 'stack', 'sched', 'schedstat'];
    await source.fetch(
      tids.flatMap((tid) => files.map((file) => `/proc/${pid}/task/${tid}/${file}`)),
      0,
    );
    times.push(performance.now() - started);
  }
  return median(times);
}

function compiled(name: string): string {
  const binary = join(dir, name);
  const source = join(import.meta.dirname, `${name}.c`);
  const { status, stderr } = spawnSync('gcc', ['-O2', '-pthread', '-o', binary, source], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`gcc ${name}.c: ${stderr}`);
  return binary;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
