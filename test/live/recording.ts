import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { TraceEvent } from '../../src/trace/event.ts';
import { record } from '../../src/trace/record/record.ts';
import type { RecordError, Recording, RecordRequest } from '../../src/trace/record/request.ts';
import { findPerf, findProgram, findStrace } from '../../src/trace/record/tools.ts';
import { buildDriver } from './trace-killing.ts';
import { startTarget, type TargetOptions, type TracedTarget, tasksBelow } from './traced-program.ts';

let why = '';
/** Of the tests of a file: gone after them. */
export let directory = '';
/** The built `test/trace/record/driver.ts`. */
export let driver = '';

beforeAll(async () => {
  if (process.getuid?.() !== 0) why = 'needs root';
  else if (!('tool' in (await findStrace()))) why = 'needs strace';
  else if (!('tool' in (await findPerf()))) why = 'needs perf';
  else if (findProgram('gcc') === undefined) why = 'needs gcc';
  directory = mkdtempSync(join(tmpdir(), 'procdiag-record-'));
  driver = buildDriver(directory);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A test on live processes, which skips itself with the reason where something is missing. */
export const live = (name: string, run: () => Promise<void>) =>
  test(name, async (context) => {
    if (why !== '') context.skip(why);
    await run();
  });

/** A program to record, ended after the test. */
export async function target(kind: string, argument = 0, options: TargetOptions = {}): Promise<TracedTarget> {
  const started = await startTarget(kind, argument, options);
  onTestFinished(() => started.close());
  return started;
}

/** A recording, removed after the test. */
export async function recordingOf(request: Partial<RecordRequest>): Promise<Recording> {
  const recording = await record({
    strace: true,
    perf: true,
    follow: true,
    durationMs: 200,
    parent: directory,
    version: 'test',
    ...request,
  });
  onTestFinished(() => recording.remove());
  return recording;
}

/** Why nothing was recorded. */
export async function refusalsOf(request: Partial<RecordRequest>): Promise<string[]> {
  const error = await recordingOf(request).then(
    () => undefined,
    (reason: RecordError) => reason,
  );
  return error?.refusals.map(({ source, code }) => `${source} ${code}`) ?? ['recorded'];
}

export const straceLog = (recording: Recording) =>
  readFileSync(join(recording.directory, 'strace.log'), 'latin1');
/** No matcher: the log would be the message. */
export const saw = (recording: Recording, what: RegExp) => what.test(straceLog(recording));
export const filesOf = (recording: Recording) => readdirSync(recording.directory).sort();
export const codesOf = ({ refusals }: { refusals: Recording['refusals'] }) =>
  refusals.map(({ source, code }) => `${source} ${code}`);

/** Nobody traces it, nothing of it is stopped, and it works. */
export async function isWell(of: TracedTarget): Promise<void> {
  expect(tasksBelow(of.pid).filter(({ state, tracer }) => tracer !== 0 || /[Tt]/.test(state))).toEqual([]);
  expect(await of.goesOn()).toBe(true);
}

/** Does something as soon as the recording comes to a stage. */
export const once = (stage: string, act: () => void): Pick<RecordRequest, 'onProgress'> => {
  let done = false;
  return {
    onProgress: (progress) => {
      if (progress.stage !== stage || done) return;
      done = true;
      act();
    },
  };
};

/** What the driver told of its recording. */
export interface Told {
  readonly events?: TraceEvent[];
  readonly endedBy?: string;
  readonly left?: unknown[];
  readonly refusals?: Recording['refusals'];
  readonly refused?: Recording['refusals'];
  readonly meta?: Recording['meta'];
  readonly directory?: string;
}

interface DriverOptions {
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Sent when the recording has begun. */
  readonly signal?: NodeJS.Signals;
}

/** Records in a process of its own; gives what it told last, and what its command wrote. */
export async function drive(
  request: Partial<RecordRequest> & { look?: boolean },
  options: DriverOptions = {},
): Promise<Told & { output: string }> {
  const whole = {
    strace: true,
    perf: true,
    follow: true,
    durationMs: 200,
    parent: directory,
    version: 'test',
    ...request,
  };
  const [program = '', ...args] = [
    ...(options.wrapper ?? []),
    process.execPath,
    driver,
    JSON.stringify(whole),
  ];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.on('data', (chunk: Buffer) => {
    if (options.signal !== undefined && chunk.includes('"stage":"recording"')) child.kill(options.signal);
  });
  const lines = (await text(child.stdout)).trim().split('\n');
  const output = lines.filter((line) => !line.startsWith('{'));
  return {
    ...(JSON.parse(lines.findLast((line) => line.startsWith('{'))!) as Told),
    output: output.join('\n'),
  };
}
