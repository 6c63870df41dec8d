/** The traces inside the guest: trace.ts bundles it into one file, which node runs there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PROGRAMS, pairs, type TraceCase, type TraceJob, type TraceLine, type Tracers } from './trace-job.ts';

const share = '/kernels';
const program = join(share, 'project/bin/procdiag.cjs');
const job = JSON.parse(readFileSync(join(share, 'job.json'), 'utf8')) as TraceJob;
/** All is slow under emulation: bounds, not measures. */
const CASE_MS = 400_000;
const READY_MS = 60_000;
const TRUTH = '/tmp/truth.log';

mkdirSync(join(share, 'traces'), { recursive: true });
for (const name of names(PROGRAMS).filter((each) => each.endsWith('.c'))) {
  const [from, to] = [join(PROGRAMS, name), join(PROGRAMS, name.slice(0, -2))];
  if (!existsSync(to)) spawnSync('gcc', ['-O1', '-pthread', '-o', to, from], { stdio: 'inherit' });
}
console.log(`clock: ${text('/sys/devices/system/clocksource/clocksource0/current_clocksource').trim()}`);
for (const { one, tracers } of pairs(job)) await play(one, tracers);
process.exit(0);

async function play(one: TraceCase, tracers: Tracers): Promise<void> {
  const capture = `/tmp/${one.name}-${tracers.name}`;
  const target = one.attachSeconds === undefined ? undefined : await start(one.command);
  const argv = [
    'trace',
    ...one.flags,
    ...['--json', '--output', `${capture}/`],
    ...(target === undefined
      ? ['--', ...one.command]
      : ['--duration', String(one.attachSeconds), String(target.pid)]),
  ];
  const path = [tracers.bin, process.env.PATH].filter((part) => part !== undefined).join(':');
  console.log(`${one.name} with ${tracers.name}`);
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
    encoding: 'latin1',
    env: { ...process.env, NO_COLOR: '1', PATH: path },
    maxBuffer: 1 << 27,
    timeout: CASE_MS,
    killSignal: 'SIGKILL',
  });
  const seconds = (performance.now() - began) / 1000;
  const left = [...odd(target?.pid), ...recorders()];
  target?.kill('SIGKILL');
  const to = join(share, 'traces', `${one.name}-${tracers.name}`);
  // With --json the report comes first where the command prints, too.
  writeFileSync(`${to}.json`, stdout);
  if (existsSync(capture)) {
    cpSync(capture, to, { recursive: true });
    if (one.name === 'truth' && existsSync(TRUTH)) copyFileSync(TRUTH, join(to, 'truth.log'));
  }
  const line: TraceLine = {
    name: one.name,
    tracers: tracers.name,
    exitCode: status,
    seconds,
    said: stderr,
    left,
  };
  appendFileSync(join(share, 'traces.jsonl'), `${JSON.stringify(line)}\n`);
}

/** Starts what is attached to, and waits for its first line. */
async function start([command, ...args]: readonly [string, ...string[]]): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.race([once(child.stdout!, 'data'), pause(READY_MS)]);
  // Old enough for perf to open it with all its threads.
  await pause(1500);
  return child;
}

/** Tasks of the tree below `root` that somebody traces, or that are stopped. */
function odd(root: number | undefined): string[] {
  if (root === undefined) return [];
  return tasks(root).flatMap((status) => {
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
    const isOdd = field('TracerPid') !== '0' || /[Tt]/.test(field('State'));
    return isOdd ? [`${field('Pid')} ${field('State')} ${field('TracerPid')} ${field('Name')}`] : [];
  });
}

function tasks(root: number): string[] {
  const found: string[] = [];
  const queue = [String(root)];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    for (const tid of names(`/proc/${pid}/task`)) {
      found.push(text(`/proc/${pid}/task/${tid}/status`));
      queue.push(...text(`/proc/${pid}/task/${tid}/children`).split(' ').filter(Boolean));
    }
  }
  return found.filter((status) => status !== '');
}

function recorders(): string[] {
  return names('/proc').flatMap((pid) => {
    const comm = /^\d+$/.test(pid) ? text(`/proc/${pid}/comm`).trim() : '';
    return /^(?:strace|perf|perf_\d.*)$/.test(comm) ? [`${pid} ${comm} runs on`] : [];
  });
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
