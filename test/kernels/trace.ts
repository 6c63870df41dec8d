/**
 * `procdiag trace` on the kernels that users run: `npx tsx test/kernels/trace.ts [5.10] [6.1] [6.12] [7.3] [arm64] [--case NAME]… [--keep]`
 *
 * Boots as run.ts does, and traces there with the strace and perf of this machine, and with those of the suite that the
 * kernel comes from where they are others. Each recording is held against what is asked of it (trace-check.ts). What a run
 * leaves in the cache, in `share-KERNEL`: `traces.jsonl` (a line a trace) and `traces/` (the recordings).
 * With --look it boots nothing and looks at those again; with --keep, recordings without a fault become fixtures/kernels/.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compiled } from '../live/compiled.ts';
import { tracedProgram } from '../live/traced-program.ts';
import { setup as buildProgram } from '../setup/build.ts';
import { boot, cache, machine } from './boot.ts';
import { fetchTools, fetchTracers, SUITES, tracersBin } from './fetch.ts';
import { check } from './trace-check.ts';
import { CASES, pairs, type TraceJob, type TraceLine, type Tracers } from './trace-job.ts';

const KEPT = ['truth', 'forks', 'threads'];
const fixtures = join(import.meta.dirname, '../../fixtures/kernels');
/** Whose tools differ from those of the machine, where that is Debian 12. */
const OWN_TOOLS: Readonly<Record<string, string>> = { '5.10': 'bullseye', '7.3': 'sid' };

const asked = process.argv.slice(2);
const only = asked.flatMap((word, index) => (asked[index - 1] === '--case' ? [word] : []));
const kernels = asked.filter((word, index) => !word.startsWith('--') && asked[index - 1] !== '--case');

buildProgram();
mkdirSync(cache, { recursive: true });
const tools = fetchTools(cache);
let wrong = 0;
for (const name of kernels.length > 0 ? kernels : Object.keys(SUITES)) wrong += await traceOn(name);
process.exitCode = wrong > 0 ? 1 : 0;

/** @returns how many traces were wrong */
async function traceOn(name: string): Promise<number> {
  const base = machine(name, tools);
  const suite = OWN_TOOLS[name];
  const tracers: Tracers[] = [{ name: 'installed' }];
  const layers = [...base.layers];
  if (suite !== undefined) {
    layers.unshift(fetchTracers(cache, suite));
    tracers.push({ name: suite, bin: tracersBin(suite) });
  }
  const job: TraceJob = {
    tracers,
    cases: CASES.filter((one) => only.length === 0 || only.includes(one.name)),
  };
  const isOwn = base.kernel.arch === 'amd64';
  // For another architecture the guest has a compiler of its own.
  const source = (program: string) => join(import.meta.dirname, '../live/programs', `${program}.c`);
  const programs = new Map([
    isOwn ? ['truth', compiled('truth')] : ['truth.c', source('truth')],
    isOwn ? ['traced', tracedProgram()] : ['traced.c', source('traced')],
  ]);
  const share = asked.includes('--look')
    ? join(cache, `share-${name}`)
    : await boot({ ...base, layers, guest: 'trace-guest.ts', job, programs });
  return summary(name, share, job);
}

function summary(name: string, share: string, job: TraceJob): number {
  const path = join(share, 'traces.jsonl');
  const lines = existsSync(path)
    ? readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as TraceLine)
    : [];
  const missing = pairs(job).length - lines.length;
  let bad = Math.max(0, missing);
  if (missing > 0) say(`${name}: ${missing} were not done, see ${join(share, 'console.log')}`);
  for (const line of lines) {
    const directory = join(share, 'traces', `${line.name}-${line.tracers}`);
    const faults = [...line.left];
    if (line.exitCode !== 0 && line.exitCode !== 1)
      faults.push(`exit code ${line.exitCode}: ${line.said.slice(-300)}`);
    let figures = {};
    if (existsSync(join(directory, 'meta.json'))) {
      const one = CASES.find(({ name }) => name === line.name);
      const asked = { both: one?.flags.length === 2, ended: one?.attachSeconds === undefined };
      const verdict = check(directory, asked);
      faults.push(...verdict.wrong);
      ({ figures } = verdict);
    } else faults.push('no recording');
    say(
      `${name} ${line.name} (${line.tracers}) ${line.seconds.toFixed(0)} s: ${faults.length === 0 ? 'right' : `WRONG ${faults.join(' | ')}`}`,
    );
    say(`    ${JSON.stringify(figures)}`);
    if (faults.length > 0) bad++;
    else if (asked.includes('--keep') && KEPT.includes(line.name))
      keep(directory, `${name}-${line.name}-${line.tracers}`);
  }
  return bad;
}

/** Packs a recording as small as it gets. */
function keep(directory: string, name: string): void {
  mkdirSync(fixtures, { recursive: true });
  const archive = execFileSync(
    'tar',
    [
      '-C',
      directory,
      '-cf',
      '-',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mtime=@0',
      '--sort=name',
      ...readdirSync(directory),
    ],
    { maxBuffer: 1 << 28 },
  );
  writeFileSync(join(fixtures, `${name}.tar.gz`), gzipSync(archive, { level: 9 }));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
