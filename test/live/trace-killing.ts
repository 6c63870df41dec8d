import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import type { RecordRequest } from '../../src/trace/record/request.ts';
import { pace } from './pace.ts';
import { processesOf, startTarget, type TracedTarget, tasksBelow } from './traced-program.ts';

/** What the issue allows, on a machine that has nothing else to do. */
const ALLOWED_MS = 2000;
const PATIENCE_MS = 20_000;
const RECORD_MS = 250;
const STAGES = ['starting', 'preparing', 'recording', 'ending'];

const DRIVER = join(import.meta.dirname, '../trace/record/driver.ts');

/** Bundles the driver: hundreds of starts through a compiler would measure the compiler. */
export function buildDriver(directory: string): string {
  const outfile = join(directory, 'driver.mjs');
  buildSync({
    entryPoints: [DRIVER],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
    // Dependencies that are CommonJS ask for it.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

export interface Killing {
  readonly times: number;
  readonly atOnce: number;
  readonly targets: readonly (readonly [kind: string, argument: number])[];
  readonly request?: Partial<RecordRequest>;
  readonly onKill?: (faults: readonly string[]) => void;
}

export interface Killed {
  readonly faults: readonly string[];
  /** Kills by the last stage that the recording had told: `` before any, then `preparing`, `recording`, `ending`, `done`. */
  readonly stages: Readonly<Record<string, number>>;
  /** The longest time after a kill until all was well, in milliseconds. */
  readonly longestMs: number;
}

/** Kills recordings at moments that are spread over all of their life, and looks after each at what is left. */
export async function killRecordings(options: Killing): Promise<Killed> {
  const directory = mkdtempSync(join(tmpdir(), 'procdiag-kills-'));
  const faults: string[] = [];
  const stages: Record<string, number> = {};
  let longestMs = 0;
  try {
    const driver = buildDriver(directory);
    const lengths: Map<string, number>[] = [];
    for (const target of options.targets) lengths.push(await lengthsOf(driver, directory, target, options));
    const queue = Array.from({ length: options.times }, (_, nth) => nth);
    const worker = async (place: number) => {
      const which = place % options.targets.length;
      const [kind, argument] = options.targets[which]!;
      const target = await startTarget(kind, argument);
      try {
        for (let nth = queue.shift(); nth !== undefined; nth = queue.shift()) {
          const parent = join(directory, `run-${nth}`);
          mkdirSync(parent);
          // Each stage is hit as often as any other, each time elsewhere in it.
          const stage = STAGES[nth % STAGES.length]!;
          const part = (((nth * 37) % options.times) + Math.random()) / options.times;
          const moment = { stage, afterMs: part * (lengths[which]!.get(stage) ?? 0) };
          const one = await killOne(driver, parent, target, moment, options.request ?? {});
          stages[one.stage] = (stages[one.stage] ?? 0) + 1;
          longestMs = Math.max(longestMs, one.ms);
          faults.push(
            ...one.faults.map(
              (fault) => `${kind}, killed ${Math.round(moment.afterMs)} ms after ${stage} began: ${fault}`,
            ),
          );
          options.onKill?.(one.faults);
        }
      } finally {
        await target.close();
      }
    };
    await Promise.all(Array.from({ length: options.atOnce }, (_, place) => worker(place)));
    return { faults, stages, longestMs };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** How long each stage of a recording lasts that nobody kills, in milliseconds. */
async function lengthsOf(
  driver: string,
  directory: string,
  [kind, argument]: Killing['targets'][number],
  { request = {} }: Killing,
): Promise<Map<string, number>> {
  const target = await startTarget(kind, argument);
  const parent = join(directory, `whole-${kind}`);
  mkdirSync(parent);
  try {
    const { faults, begins } = await killOne(driver, parent, target, undefined, request);
    if (faults.length > 0) throw new Error(`a recording that nobody kills: ${faults.join('; ')}`);
    const moments = [...begins.values()];
    return new Map(
      [...begins.keys()].map((stage, nth) => [stage, (moments[nth + 1] ?? moments[nth]!) - moments[nth]!]),
    );
  } finally {
    await target.close();
  }
}

interface Moment {
  readonly stage: string;
  readonly afterMs: number;
}

async function killOne(
  driver: string,
  parent: string,
  target: TracedTarget,
  moment: Moment | undefined,
  more: Partial<RecordRequest>,
): Promise<{ stage: string; faults: string[]; ms: number; begins: Map<string, number> }> {
  // What it recorded is kept until it is killed, so that it is killed in any case.
  const request: RecordRequest = {
    pid: target.pid,
    strace: true,
    perf: true,
    follow: true,
    durationMs: RECORD_MS,
    parent,
    version: 'test',
    ...more,
  };
  const child = spawn(
    process.execPath,
    [driver, JSON.stringify({ ...request, keep: moment !== undefined })],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const begins = new Map([['starting', performance.now()]]);
  let stage = 'starting';
  let complaint = '';
  let refused = '';
  let atMoment: () => void = () => undefined;
  const enter = (entered: string) => {
    stage = entered;
    if (!begins.has(entered)) begins.set(entered, performance.now());
    if (entered === moment?.stage) setTimeout(atMoment, moment.afterMs);
    // It was quicker than the timer.
    else if (entered === 'done') atMoment();
  };
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const told = JSON.parse(line) as { stage?: string; refused?: object };
    if (told.refused !== undefined) refused = line;
    else enter(told.stage ?? 'done');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });
  await new Promise<void>((resolve) => {
    atMoment = resolve;
    void ended.then(() => resolve());
    enter('starting');
  });
  child.kill('SIGKILL');
  const at = stage;
  const killed = performance.now();
  const faults: string[] = [];
  const code = await ended;
  if (complaint !== '' || refused !== '' || (code !== null && code !== 0)) {
    faults.push(`ended with ${code}: ${complaint}${refused}`);
  }
  let left: string[] = [];
  do {
    left = leftOf(parent, child.pid!, target.pid);
    if (left.length === 0) break;
    await pause(20);
  } while (performance.now() - killed < PATIENCE_MS);
  faults.push(...left);
  const ms = performance.now() - killed;
  if (ms > ALLOWED_MS && ms > ALLOWED_MS * (await pace()))
    faults.push(`all was well after ${Math.round(ms)} ms only`);
  if (!(await target.goesOn())) faults.push('the target does not go on');
  return { stage: at, faults, ms, begins };
}

function leftOf(parent: string, session: number, target: number): string[] {
  return [
    ...processesOf(parent, session).map((process) => `left behind: ${process}`),
    ...readdirSync(parent).map((name) => `left behind: ${name}`),
    ...tasksBelow(target)
      .filter(({ state, tracer }) => tracer !== 0 || state === 'T' || state === 't')
      .map(({ tid, state, tracer, name }) => `${tid} (${name}) is in ${state}, traced by ${tracer}`),
  ];
}
