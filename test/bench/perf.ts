/**
 * How long reading a perf.data takes, beside `perf script` printing the same file:
 *
 *     npx tsx test/bench/perf.ts [--rounds N]
 *
 * As root, with perf and bash. Records two dd that pass single bytes for some seconds (some 200 MB in the temporary
 * directory, removed at the end). Ratios count, since both run on the same file in turn: CPU time is what foreign load
 * changes least. The aims: at most 0.5 of perf script's time, 2 million records a second.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { median } from './paired.ts';

const BYTES = 250_000;
const LIFE = ['fork', 'exec', 'exit', 'wait'].map((what) => `sched:sched_process_${what}`);
const EVENTS = [
  'raw_syscalls:sys_enter',
  'raw_syscalls:sys_exit',
  ...LIFE,
  'sched:sched_switch/call-graph=fp,max-stack=32/',
].join(',');
const LOAD = `dd if=/dev/zero bs=1 count=${BYTES} status=none | dd of=/dev/null bs=1 status=none`;
const SHOW = ['--show-switch-events', '--show-task-events', '--show-lost-events'];

interface Times {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly out: string;
}

interface Reading {
  readonly rows: number;
  readonly readMs: number;
  readonly rssMb: number;
  readonly complaints: readonly string[];
}

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] ?? 5) || 5;
const directory = mkdtempSync(join(tmpdir(), 'procdiag-bench-'));
try {
  run();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function run(): void {
  const data = join(directory, 'perf.data');
  const record = ['record', '-q', '-k', 'CLOCK_MONOTONIC', '-m', '16M', '-B', '-N', '--sample-cpu'];
  const options = ['--switch-events', '--kernel-callchains', '-o', data, '-e', EVENTS];
  const recorded = spawnSync('perf', [...record, ...options, '--', 'sh', '-c', LOAD], { encoding: 'utf8' });
  if (recorded.status !== 0) throw new Error(`perf record: ${recorded.stderr}`);
  const reader = join(directory, 'read.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'perf-read.ts')],
    outfile: reader,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  const script = ['perf', 'script', '-i', data, '--ns', '-F', 'pid,tid,cpu,time,event,trace,ip,sym', ...SHOW];
  const theirs: Times[] = [];
  const ours: Times[] = [];
  for (let round = 0; round < rounds; round++) {
    theirs.push(timed(script, '/dev/null'));
    ours.push(timed([process.execPath, reader, data], undefined));
  }
  const readings = ours.map(({ out }) => JSON.parse(out) as Reading);
  const of = (pick: (times: Times) => number, times: readonly Times[]): number => median(times.map(pick));
  const ratio = (pick: (times: Times) => number): string =>
    median(ours.map((times, round) => pick(times) / pick(theirs[round]!))).toFixed(2);
  const cpu = (times: Times): number => times.cpuMs;
  const wall = (times: Times): number => times.wallMs;
  const readMs = median(readings.map((reading) => reading.readMs));
  const { rows, complaints } = readings[0]!;
  say(`recording: ${(statSync(data).size / 1e6).toFixed(0)} MB, ${rows} records ${complaints.join(' ')}`);
  say(`perf script: ${of(cpu, theirs).toFixed(0)} ms CPU, ${of(wall, theirs).toFixed(0)} ms`);
  say(
    `procdiag:    ${of(cpu, ours).toFixed(0)} ms CPU, ${of(wall, ours).toFixed(0)} ms, with the start of node`,
  );
  say(`ratio of CPU time ${ratio(cpu)}, of wall time ${ratio(wall)} (aim: 0.5)`);
  say(
    `${(rows / readMs / 1000).toFixed(2)} M records a second of CPU time (aim: 2), without the start of node`,
  );
  say(`at most ${Math.max(...readings.map(({ rssMb }) => rssMb)).toFixed(0)} MB resident`);
}

/** bash tells the CPU time of what it waited for. */
function timed(argv: readonly string[], stdout: string | undefined): Times {
  const command = `TIMEFORMAT='%3R %3U %3S'; time "$@" 2> /dev/null ${stdout === undefined ? '' : `> ${stdout}`}`;
  const {
    status,
    stdout: out,
    stderr,
  } = spawnSync('bash', ['-c', command, 'bash', ...argv], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (status !== 0) throw new Error(`${argv[0]}: ${status}: ${stderr}`);
  const [real, user, system] = stderr.trim().split(/\s+/).slice(-3).map(Number);
  return { wallMs: real! * 1000, cpuMs: (user! + system!) * 1000, out };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
