/**
 * `npx tsx test/bench/trace-cost.ts`: what tracing costs a program that does nothing but quick system calls (the worst case),
 * as ratios to the same program bare, run by turns. As root, with strace, perf and gcc; after `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './paired.ts';

const ROUNDS = 5;
const bin = join(import.meta.dirname, '../../bin/procdiag.cjs');
const directory = mkdtempSync(join(tmpdir(), 'procdiag-bench-'));
const loop = join(directory, 'loop');

interface Variant {
  readonly name: string;
  /** Flags of trace; undefined: bare. */
  readonly flags?: readonly string[];
  readonly calls: number;
}

const VARIANTS: readonly Variant[] = [
  { name: 'bare', calls: 200_000 },
  { name: 'trace --perf', flags: ['--perf'], calls: 50_000 },
  { name: 'trace --strace --syscalls openat', flags: ['--strace', '--syscalls', 'openat'], calls: 3000 },
  { name: 'trace --strace', flags: ['--strace'], calls: 3000 },
  { name: 'trace --strace --perf', flags: ['--strace', '--perf'], calls: 3000 },
];

try {
  const built = spawnSync('gcc', ['-O1', '-o', loop, join(import.meta.dirname, 'loop.c')], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(built.stderr);
  const times = new Map<string, number[]>(VARIANTS.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const variant of VARIANTS) times.get(variant.name)!.push(roundTime(variant));
  const bare = median(times.get('bare')!);
  process.stdout.write(`a round of write, read, getppid on a pipe; median of ${ROUNDS}:\n`);
  for (const { name } of VARIANTS) {
    const ns = median(times.get(name)!);
    process.stdout.write(
      `  ${name.padEnd(34)} ${String(ns).padStart(8)} ns  ${(ns / bare).toFixed(1).padStart(7)} x\n`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function roundTime({ flags, calls }: Variant): number {
  const command = [loop, String(calls)];
  const argv =
    flags === undefined ? command : [process.execPath, bin, 'trace', ...flags, '--json', '--', ...command];
  const { stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8' });
  // A traced command prints to stderr.
  const printed = /^(\d+)$/m.exec(flags === undefined ? stdout : stderr)?.[1];
  if (printed === undefined) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return Number(printed);
}
