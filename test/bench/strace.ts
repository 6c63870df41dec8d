/**
 * How fast strace logs are read, beside a plain readline loop with three regular expressions on the same file:
 *
 *     npx tsx test/bench/strace.ts [LINES …]        (default 2000000 10000000)
 *
 * A recorded log is repeated with new stamps until it has so many lines. Each reader runs in a process of its own, in turn,
 * some rounds; the ratio is of CPU times in the same round, so that foreign load hits both.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { median } from './paired.ts';

const ROUNDS = 3;
const RECORDING = new URL('../../fixtures/strace/6.1/recording.txt', import.meta.url);

interface Run {
  readonly calls: number;
  readonly cpuMs: number;
  readonly rssMb: number;
}

const sizes = process.argv.slice(2).map(Number);
const directory = mkdtempSync(join(tmpdir(), 'procdiag-bench-'));
try {
  const reader = join(directory, 'reader.mjs');
  buildSync({
    entryPoints: [new URL('strace-reader.ts', import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: reader,
  });
  for (const lines of sizes.length > 0 ? sizes : [2_000_000, 10_000_000]) measure(reader, lines);
} finally {
  rmSync(directory, { recursive: true });
}

function measure(reader: string, lines: number): void {
  const file = join(directory, 'log');
  repeat(file, lines);
  const { size } = statSync(file);
  const plain: Run[] = [];
  const ours: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const mode of round % 2 === 0 ? (['regex', 'reader'] as const) : (['reader', 'regex'] as const)) {
      (mode === 'regex' ? plain : ours).push(run(reader, mode, file));
    }
  }
  rmSync(file);
  process.stdout.write(`${lines} lines, ${Math.round(size / 1e6)} MB\n`);
  for (const [what, runs] of [
    ['readline and three regular expressions', plain],
    ['StraceReader', ours],
  ] as const) {
    const cpu = median(runs.map(({ cpuMs }) => cpuMs));
    process.stdout.write(
      `  ${what.padEnd(40)} ${Math.round(cpu)} ms CPU, ${Math.round(size / 1e3 / cpu)} MB/s, ` +
        `${(lines / 1e3 / cpu).toFixed(2)} M lines/s, RSS ${Math.round(Math.max(...runs.map(({ rssMb }) => rssMb)))} MB, ` +
        `${runs[0]!.calls} calls\n`,
    );
  }
  const ratio = median(ours.map(({ cpuMs }, round) => cpuMs / plain[round]!.cpuMs));
  process.stdout.write(`  ratio ${ratio.toFixed(2)} (aim: 0.6 or less)\n`);
}

function run(reader: string, mode: string, file: string): Run {
  const { stdout, stderr, status } = spawnSync(process.execPath, [reader, mode, file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${mode}: ${stderr}`);
  return JSON.parse(stdout) as Run;
}

/** The recording again and again, each time a second later. */
function repeat(file: string, lines: number): void {
  const recorded = readFileSync(RECORDING, 'latin1').trimEnd().split('\n');
  const descriptor = openSync(file, 'w');
  for (let written = 0; written < lines; written += recorded.length) {
    const turn = written / recorded.length;
    const text = recorded
      .slice(0, lines - written)
      .map((line) => line.replace(/ (\d{10})\./, (_, seconds: string) => ` ${Number(seconds) + turn}.`))
      .join('\n');
    writeSync(descriptor, `${text}\n`, null, 'latin1');
  }
  closeSync(descriptor);
}
